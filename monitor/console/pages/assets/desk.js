// The review page in the browser: draws what the server says, and knows what every key does.
// All HTML in here comes from the server, which has made it safe; nothing else is ever put in as HTML.

const SILENCE_MS = 8000;
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export default {
  template: '<div class="desk"></div>',
  props: { shell: String, view: Object, bindings: Object },
  emits: ["submit", "skip", "undo", "correct", "renew", "next"],

  mounted() {
    this.$el.innerHTML = this.shell;
    this.busy = false;
    this.used = performance.now();
    this.listeners = {
      keydown: [document, (event) => this.key(event)],
      click: [this.$el, (event) => this.click(event)],
      submit: [this.$el, (event) => this.sent(event)],
      input: [this.$el, (event) => this.typed(event)],
      pointerdown: [document, () => (this.used = performance.now())],
    };
    for (const [name, [where, act]] of Object.entries(this.listeners)) where.addEventListener(name, act);
    this.clock = setInterval(() => this.tick(), 500);
    const single = this.find("#single-keys");
    single.checked = localStorage.getItem("evergauge.keys") !== "off";
    this.show();
  },
  unmounted() {
    for (const [name, [where, act]] of Object.entries(this.listeners)) where.removeEventListener(name, act);
    clearInterval(this.clock);
  },
  watch: {
    view() {
      this.show();
    },
  },

  methods: {
    find(selector) {
      return this.$el.querySelector(selector);
    },
    all(selector) {
      return [...this.$el.querySelectorAll(selector)];
    },
    say(text, quietly = false) {
      const line = this.find("#says");
      line.textContent = "";
      line.classList.toggle("unseen", quietly);
      requestAnimationFrame(() => (line.textContent = text));
    },

    // What the server tells

    show() {
      const view = this.view;
      if (!view || view.serial === this.shown) return;
      this.free();
      this.shown = view.serial;
      this.$el.dataset.serial = view.serial;
      if (view.settled) sessionStorage.removeItem(`evergauge.${view.settled}`);
      for (const dialog of this.all("dialog[open]")) dialog.close();
      this.find("#main").innerHTML = view.main;
      this.find("#pace").innerHTML = view.pace;
      this.extend(view.serial, view.lease_ms);
      this.onward = false;
      this.current = -1;
      this.restore();
      this.hint();
      if (this.many()) this.select(Math.max(0, this.unanswered()), false);
      window.scrollTo(0, 0);
      this.find("#item")?.focus({ preventScroll: true });
      if (view.says) this.say(view.says);
    },
    refuse(text, onward) {
      this.free();
      this.onward = onward;
      this.problem(onward ? `${text} Press Enter to go on.` : text);
    },
    extend(serial, lease_ms) {
      if (serial !== this.view.serial) return;
      this.until = lease_ms ? performance.now() + lease_ms : 0;
      this.lease = lease_ms;
      this.opened = performance.now();
      this.renewing = false;
      const line = this.find("#lease");
      if (line) line.textContent = "";
    },
    report(pace) {
      const open = this.find("#pace details")?.open;
      this.find("#pace").innerHTML = pace;
      if (open) this.find("#pace details").open = true;
    },

    // What the reviewer does

    act(name, argument) {
      const acts = {
        grade: () => this.choose(argument === "0" && !this.option("0") ? "10" : argument),
        choose: () => this.choose(argument),
        unsure: () => this.unsure(),
        comment: () => (this.find("#comment")?.focus(), true),
        move: () => this.move(Number(argument)),
        difference: () => this.look(this.find(".view:not([hidden])")?.dataset.view === "diff" ? "answer" : "diff"),
        fold: () => this.fold(),
        submit: () => this.submit(),
        skip: () => this.askWhy(),
        undo: () => this.tell("undo"),
        correct: () => this.tell("correct"),
        next: () => this.tell("next"),
        help: () => (this.find("#keys").showModal(), this.find("#keys .quiet").focus(), true),
      };
      return acts[name]() !== false;
    },
    key(event) {
      this.used = performance.now();
      if (event.defaultPrevented || event.isComposing) return;
      const at = event.target instanceof Element ? event.target : document.body;
      const dialog = this.find("dialog[open]");
      const typing = at.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !dialog) {
        event.preventDefault();
        if (!event.repeat) this.submit();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (typing) {
        if (event.key === "Escape" && at.id === "comment") this.find("#item").focus({ preventScroll: true });
        return;
      }
      if (dialog) return this.inDialog(event, dialog);
      if (event.key === "Enter" && (event.repeat || at.closest("button, a, summary"))) return;
      if (event.key.length === 1 && !this.find("#single-keys").checked) return;
      const bound = this.bindings[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (bound && this.act(bound[0], bound[1] || event.key)) event.preventDefault();
    },
    inDialog(event, dialog) {
      const choice = dialog.id === "skip" && this.all("#skip [data-reason]")[Number(event.key) - 1];
      if (choice) this.skip(choice.dataset.reason);
      else if (event.key === "?" && dialog.id === "keys") dialog.close();
      else return;
      event.preventDefault();
    },
    click(event) {
      const at = event.target.closest("[data-act], [data-reason], [data-view], .more, #unsure, #skip-button, #theme");
      if (!at || at.matches(".view")) return;
      if (at.dataset.act) this.act(at.dataset.act);
      else if (at.dataset.reason) this.skip(at.dataset.reason);
      else if (at.dataset.view) this.look(at.dataset.view);
      else if (at.matches(".more")) this.unclip(at.parentElement, at.getAttribute("aria-expanded") !== "true");
      else if (at.id === "unsure") this.unsure();
      else if (at.id === "skip-button") this.askWhy();
      else if (at.id === "theme") this.theme();
    },
    sent(event) {
      if (event.target.id === "form") {
        event.preventDefault();
        this.submit();
      } else if (event.target.id === "skip-form") {
        event.preventDefault();
        this.skip(this.find("#skip-reason").value);
      } else if (event.target.action?.endsWith("/logout")) sessionStorage.clear();
    },
    typed(event) {
      if (event.target.id === "single-keys") {
        localStorage.setItem("evergauge.keys", event.target.checked ? "on" : "off");
      } else if (event.target.closest("#form")) {
        if (event.target.type === "radio") this.picked(event.target);
        this.keep();
      }
    },

    // Answers

    questions() {
      return this.all("#form .question");
    },
    many() {
      return this.find("#form")?.dataset.many === "yes";
    },
    unanswered() {
      return this.questions().findIndex((one) => !one.querySelector(":checked"));
    },
    option(value) {
      const question = this.questions()[Math.max(0, this.current)];
      return [...(question?.querySelectorAll("input") ?? [])].find((one) => one.value === value);
    },
    choose(value) {
      const option = this.option(value);
      if (!option) return false;
      option.checked = true;
      this.picked(option);
      this.keep();
      this.say(option.getAttribute("aria-label"), true);
      if (this.many() && this.current < this.questions().length - 1) this.move(1);
    },
    picked(option) {
      this.find("#unsure").setAttribute("aria-pressed", "false");
      const number = Number(option.closest(".question").dataset.number);
      if (this.many() && number !== this.current) this.select(number, false);
      this.problem("");
      this.hint();
    },
    hint() {
      for (const one of this.questions()) {
        const words = one.querySelector(":checked ~ span .hint")?.textContent ?? "";
        let line = one.querySelector(".chosen");
        if (!line) one.append((line = Object.assign(document.createElement("p"), { className: "chosen" })));
        line.textContent = words;
        line.setAttribute("aria-hidden", "true");
      }
    },
    unsure() {
      const button = this.find("#unsure");
      if (!button) return false;
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      this.problem("");
      this.keep();
      this.say(on ? "Cannot tell" : "Can tell after all", true);
    },
    isUnsure() {
      return this.find("#unsure")?.getAttribute("aria-pressed") === "true";
    },
    answers() {
      const checked = this.all("#form .question :checked");
      return Object.fromEntries(checked.map((one) => [one.name.slice(1), one.value]));
    },
    select(number, focus = true) {
      const questions = this.questions();
      this.current = Math.min(Math.max(number, 0), questions.length - 1);
      questions.forEach((one, at) => one.toggleAttribute("data-current", at === this.current));
      const one = questions[this.current];
      if (focus) (one.querySelector(":checked") ?? one.querySelector("input")).focus({ preventScroll: true });
      one.scrollIntoView({ block: "nearest" });
    },
    move(by) {
      if (this.many()) this.select(this.current + by);
      else window.scrollBy({ top: by * innerHeight * 0.6, behavior: still() ? "auto" : "smooth" });
    },

    // Going on

    submit() {
      if (this.onward) return this.tell("next");
      if (!this.find("form#form")) return false;
      const missing = this.isUnsure() ? -1 : this.unanswered();
      if (missing >= 0) {
        this.select(missing, true);
        if (!this.many()) this.questions()[0].removeAttribute("data-current");
        return this.problem(this.many() ? "Answer every question first." : "Choose an answer first.");
      }
      const comment = this.find("#comment").value;
      this.tell("submit", { answers: this.answers(), comment, cannot_tell: this.isUnsure() });
    },
    askWhy() {
      if (!this.find("#form")) return false;
      this.find("#skip-reason").value = "";
      this.find("#skip").showModal();
    },
    skip(reason) {
      if (!reason.trim()) return this.find("#skip-reason").focus();
      this.find("#skip").close();
      this.tell("skip", { reason });
    },
    tell(name, more = {}) {
      if (this.busy) return;
      this.busy = true;
      this.problem("");
      this.$el.setAttribute("aria-busy", "true");
      this.silence = setTimeout(() => {
        this.free();
        this.problem("The server does not answer. What you filled in is kept; try again.");
      }, SILENCE_MS);
      this.$emit(name, { serial: this.view.serial, ...more });
    },
    free() {
      clearTimeout(this.silence);
      this.busy = false;
      this.$el.removeAttribute("aria-busy");
    },
    problem(text) {
      const line = this.find("#problem");
      if (line) line.textContent = text;
      else if (text) this.say(text);
    },
    tick() {
      const line = this.find("#lease");
      if (!line || !this.until || this.renewing || this.onward) return;
      const now = performance.now();
      const left = this.until - now;
      if (left > Math.min(60000, this.lease / 4)) return;
      if (left > 0) {
        const seconds = 5 * Math.ceil(left / 5000);
        line.textContent = `Kept for you for ${seconds} s more; for longer while you work on it.`;
      } else if (this.used >= this.opened && document.visibilityState === "visible") {
        this.renewing = true;
        setTimeout(() => (this.renewing = false), SILENCE_MS);
        this.$emit("renew", { serial: this.view.serial });
      } else line.textContent = "Your time for this item has ended. Press any key to go on with it.";
    },

    // Reading

    look(name) {
      const views = this.all(".view");
      if (!views.some((one) => one.dataset.view === name)) return this.say("There is no reference to compare with");
      for (const one of views) one.hidden = one.dataset.view !== name;
      for (const one of this.all(".views button")) one.setAttribute("aria-pressed", String(one.dataset.view === name));
      this.say(this.find(`.views [data-view="${name}"]`).textContent, true);
    },
    unclip(long, open) {
      const button = long.querySelector(".more");
      button.setAttribute("aria-expanded", String(open));
      button.textContent = button.textContent.replace(open ? "Show all" : "Show less", open ? "Show less" : "Show all");
    },
    fold() {
      const details = this.all("#item details");
      const clipped = this.all("#item .long");
      const open =
        details.some((one) => !one.open) ||
        clipped.some((one) => one.querySelector(".more").getAttribute("aria-expanded") !== "true");
      for (const one of details) one.open = open;
      for (const one of clipped) this.unclip(one, open);
      this.say(open ? "Everything is open" : "Everything is folded", true);
    },
    theme() {
      const root = document.documentElement;
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      localStorage.setItem("evergauge.theme", root.dataset.theme);
    },

    // What is typed in outlives the page

    keep() {
      if (!this.view.item) return;
      const draft = { answers: this.answers(), comment: this.find("#comment").value, unsure: this.isUnsure() };
      sessionStorage.setItem(`evergauge.${this.view.item}`, JSON.stringify(draft));
    },
    restore() {
      const kept = this.view.item && sessionStorage.getItem(`evergauge.${this.view.item}`);
      if (!kept || !this.find("form#form")) return;
      const draft = JSON.parse(kept);
      for (const one of this.all("#form .question input")) one.checked = draft.answers[one.name.slice(1)] === one.value;
      this.find("#comment").value = draft.comment;
      this.find("#unsure").setAttribute("aria-pressed", String(draft.unsure));
    },
  },
};
