"""The keys of the review page, told once: what the page's script does, and what the help says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Key:
    """A key, and what it does."""

    keys: tuple[str, ...]
    """As browsers name them."""
    action: str
    """A word of the script."""
    does: str
    group: str
    argument: str = ""


_ANSWER, _MOVE, _ITEM = "Answer", "Read", "Go on"
KEYS = (
    Key(tuple("0123456789"), "grade", "Give the grade", _ANSWER),
    Key(("p",), "choose", "Pass", _ANSWER, "pass"),
    Key(("f",), "choose", "Fail", _ANSWER, "fail"),
    Key(("y",), "choose", "Yes to this criterion, and on to the next", _ANSWER, "yes"),
    Key(("n",), "choose", "No to this criterion, and on to the next", _ANSWER, "no"),
    Key(("a",), "choose", "The answer is better", _ANSWER, "answer"),
    Key(("r",), "choose", "The reference is better", _ANSWER, "reference"),
    Key(("t",), "choose", "A tie", _ANSWER, "tie"),
    Key(("u",), "unsure", "Cannot tell", _ANSWER),
    Key(("c",), "comment", "Write a comment; Escape leaves it", _ANSWER),
    Key(("j",), "move", "Next criterion, or scroll down", _MOVE, "1"),
    Key(("k",), "move", "Criterion before, or scroll up", _MOVE, "-1"),
    Key(("d",), "difference", "Difference to the reference", _MOVE),
    Key(("o",), "fold", "Open or fold everything", _MOVE),
    Key(("Enter",), "submit", "Submit; Ctrl+Enter from the comment", _ITEM),
    Key(("s",), "skip", "Skip: then 1–4 for the reason", _ITEM),
    Key(("z",), "undo", "Take the last one back", _ITEM),
    Key(("e",), "correct", "Correct the last one; it stands meanwhile", _ITEM),
    Key(("?",), "help", "Show these keys", _ITEM),
)
REASONS = ("Not my subject", "Text is broken or cut", "Rubric does not fit", "Too long to judge well")
"""Quick choices of why an item is skipped, by the keys 1 to 4."""


def cap(key: str) -> Markup:
    """The cap of a key beside what it does: for eyes, since screen readers say what it does."""
    return Markup('<kbd aria-hidden="true">{}</kbd>').format(key)


def bindings() -> Mapping[str, tuple[str, str]]:
    """Action and argument by key, for the script."""
    return {key: (one.action, one.argument) for one in KEYS for key in one.keys}


def help_overlay() -> Markup:
    """The keys as a dialog."""
    return Markup(
        '<dialog id="keys" class="sheet" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>'
        '<div class="key-groups">{}</div>'
        '<label class="switch"><input type="checkbox" id="single-keys" checked> Single keys work</label>'
        '<form method="dialog"><button class="quiet">Close <kbd aria-hidden="true">Esc</kbd></button></form></dialog>'
    ).format(Markup("").join(_groups()))


def skip_dialog() -> Markup:
    """The question why an item is skipped."""
    choices = Markup("").join(
        Markup(
            '<button type="button" class="choice-line" data-reason="{}"><kbd aria-hidden="true">{}</kbd> {}</button>'
        ).format(reason, number, reason)
        for number, reason in enumerate(REASONS, start=1)
    )
    return Markup(
        '<dialog id="skip" class="sheet" aria-labelledby="skip-title"><h2 id="skip-title">Why skip it?</h2>'
        '<p class="hint">It goes to somebody else and does not come back to you.</p>{}'
        '<form id="skip-form"><label for="skip-reason">Another reason</label>'
        '<div class="line"><input id="skip-reason" maxlength="500" autocomplete="off">'
        '<button class="main">Skip</button></div></form>'
        '<form method="dialog"><button class="quiet">Back <kbd aria-hidden="true">Esc</kbd></button></form></dialog>'
    ).format(choices)


def _groups() -> Iterator[Markup]:
    for group in dict.fromkeys(one.group for one in KEYS):
        rows = Markup("").join(
            Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(_caps(one.keys), one.does)
            for one in KEYS
            if one.group == group
        )
        yield Markup("<section><h3>{}</h3><dl>{}</dl></section>").format(group, rows)


def _caps(keys: tuple[str, ...]) -> Markup:
    if len(keys) > 3:
        return Markup("<kbd>{}</kbd>–<kbd>{}</kbd>").format("1", "5")
    return Markup(" ").join(Markup("<kbd>{}</kbd>").format(key) for key in keys)
