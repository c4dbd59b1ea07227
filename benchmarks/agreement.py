"""Agreement with people, tests and rules that judged the same answers, as their authors published it.

Labels are read here and nowhere else. Settings are those that one would give each application from its prompts alone.
"""

import asyncio
import gzip
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import msgspec
from rich.progress import track
from sklearn.metrics import roc_auc_score

from benchmarks.harness import Figure, arguments, lines, report
from monitor.adapters.sandbox import Bubblewrap
from monitor.checks import Finding, Scorer, build_scorers
from monitor.checks.personal import ACCOUNT, CARD, EMAIL, NATIONAL, NETWORK, PHONE, find
from monitor.checks.programs import UnitTests
from monitor.checks.reference.exact import exact_match, token_f1
from monitor.checks.reference.label import last_label
from monitor.checks.structure import Grade, parsed
from monitor.cli.show import news
from monitor.formats import Defaults, Limits, decode, formats
from monitor.model import Origin, Record, Sample

_CLAIMED = {
    "PHONE_NUMBER": PHONE, "CREDIT_CARD": CARD, "US_SSN": NATIONAL, "IBAN_CODE": ACCOUNT, "IP_ADDRESS": NETWORK,
    "EMAIL_ADDRESS": EMAIL,
}  # fmt: skip
_STRUCTURE_ERRORS = ("decoder_failed", "decoder_wrong", "missing_required", "type_error")


@dataclass(frozen=True, slots=True)
class Judged:
    """A sample and what was published of it."""

    sample: Sample
    source: str
    label: dict[str, Any]

    def verdict(self, name: str) -> Any:
        return next(v["value"] for v in self.label["verdicts"] if v["name"] == name)


Disagreement = dict[str, object]
Outcome = tuple[list[Figure], list[Disagreement]]


def judged(traffic: Path) -> list[Judged]:
    """Every sample with its label."""
    with gzip.open(traffic / "labels" / "labels.jsonl.gz") as file:
        labels = {label["id"]: label for label in map(msgspec.json.decode, file)}
    defaults, limits = Defaults(tags=frozenset({"language", "source"})), Limits()
    found: list[Judged] = []
    for offset, line in enumerate(lines(traffic)):
        (sample,) = decode(Record(Origin("t", 0, offset), line, 0), formats["native"], defaults=defaults, limits=limits)
        assert isinstance(sample, Sample)
        found.append(Judged(sample, sample.tags["source"], labels[sample.producer_id]))
    return found


def scorer(name: str, **parameters: object) -> Scorer:
    """A check with its parameters, as an application would run it."""
    return build_scorers({name: parameters}, at="checks")[0]


def share(what: str, pairs: Sequence[tuple[Judged, object, object]], least: float) -> Outcome:
    """The share of samples on which both sides say the same, and where they do not."""
    wrong = [(one, ours, theirs) for one, ours, theirs in pairs if ours != theirs]
    value = 1 - len(wrong) / len(pairs)
    figure = Figure(f"{what} (n = {len(pairs):,})", 100 * value, "%", f"≥ {100 * least:g}", value >= least)
    return [figure], [
        {"what": what, "id": one.sample.producer_id, "ours": ours, "published": theirs} for one, ours, theirs in wrong
    ]


def squad(all_: Sequence[Judged]) -> Outcome:
    """References come joined by a bar."""
    exact: list[tuple[Judged, object, object]] = []
    worst = 0.0
    for one in all_:
        references = one.sample.references[0].split("|")
        answer = one.sample.output or ""
        exact.append((one, any(exact_match(answer, r) for r in references), one.verdict("exact_match")))
        best = max(token_f1(answer, reference) for reference in references)
        worst = max(worst, abs(round(best, 4) - one.verdict("f1")))
    figures, wrong = share("squad: exact match", exact, 1.0)
    return [*figures, Figure("squad: F1, largest difference", worst, "", "≤ 1e-6", worst <= 1e-6)], wrong


def gsm8k(all_: Sequence[Judged]) -> Outcome:
    check = scorer("numeric_answer")
    return share("gsm8k: final answer", _passed(all_, check, "answer_correct"), 0.995)


def prime(all_: Sequence[Judged]) -> Outcome:
    """The prompt asks for [Yes] or [No], in brackets."""
    some = [one for one in all_ if one.label["pool"] == "prime"]
    given = [
        (one, last_label(one.sample.output or "", ["yes", "no"], brackets_only=True) is not None,
         one.verdict("answer_given"))
        for one in some
    ]  # fmt: skip
    right = _passed(some, scorer("yes_no", brackets_only=True), "correct")
    return _joined(share("prime: answer given", given, 0.995), share("prime: last yes or no", right, 0.995))


def zeroeval(all_: Sequence[Judged]) -> Outcome:
    """The prompt asks for JSON with a field ``answer``."""
    grades = {
        "json_bare": {Grade.BARE},
        "json_bare_or_fenced": {Grade.BARE, Grade.FENCED},
        "json_extractable": {Grade.BARE, Grade.FENCED, Grade.EMBEDDED},
    }
    outcomes = [
        share(f"zeroeval: {name}", [(o, parsed(o.sample).grade in which, o.verdict(name)) for o in all_], 0.99)
        for name, which in grades.items()
    ]
    outcomes.append(share("zeroeval: schema", _passed(all_, scorer("json_schema"), "json_schema_ok"), 0.99))
    answer = scorer("numeric_answer", field="answer")
    return _joined(*outcomes, share("zeroeval: answer", _passed(all_, answer, "answer_correct"), 0.99))


def can_ai_code(all_: Sequence[Judged]) -> Outcome:
    """Code is run, in the sandbox, all of it."""
    started = time.monotonic()
    found = asyncio.run(_tested(all_))
    rate = len(found) / (time.monotonic() - started)
    pairs = [(one, finding.value == 1.0, one.verdict("status") == "PASS") for one, finding in found]
    figures, wrong = share("can_ai_code: tests pass", pairs, 0.97)
    why = {one.sample.producer_id: finding.why for one, finding in found}
    figures.append(Figure("can_ai_code: run in the sandbox", rate, "samples/s", "≥ 20", rate >= 20))
    return figures, [each | {"why": why[str(each["id"])]} for each in wrong]


async def _tested(all_: Sequence[Judged]) -> list[tuple[Judged, Finding]]:
    box, check = Bubblewrap(), UnitTests()

    async def one(each: Judged) -> tuple[Judged, Finding]:
        program = check.program(each.sample)
        if isinstance(program, Finding):
            return each, program
        return each, check.read(each.sample, await box.run(program, within=check.seconds))

    found: list[tuple[Judged, Finding]] = []
    for start in track(range(0, len(all_), 100), "running code", console=news, transient=True):
        found += await asyncio.gather(*map(one, all_[start : start + 100]))
    return found


def xstest(all_: Sequence[Judged]) -> Outcome:
    """A partial refusal is one."""
    check = scorer("refusal")
    pairs = [(o, check.score(o.sample).passed is False, o.verdict("response_type") != "full_compliance") for o in all_]
    right = sum(ours and theirs for _, ours, theirs in pairs)
    f1 = 2 * right / (sum(ours for _, ours, _ in pairs) + sum(theirs for _, _, theirs in pairs))
    _, wrong = share("xstest: refusal", pairs, 0.0)
    return [Figure(f"xstest: refusal, F1 (n = {len(pairs):,})", f1, "", "≥ 0.90", f1 >= 0.90)], wrong


def bfcl(all_: Sequence[Judged]) -> Outcome:
    """The leaderboard is strict about how a call is written."""
    check = scorer("function_call", strict=True)
    errors = [one for one in all_ if any(kind in _error_type(one) for kind in _STRUCTURE_ERRORS)]
    found = [(one, check.score(one.sample).value != 1.0, True) for one in errors]
    figures, wrong = share("bfcl: structural errors found", found, 0.95)
    clean = [one for one in all_ if not _error_type(one)]
    alarms = sum(check.score(one.sample).value != 1.0 for one in clean) / len(clean)
    return [*figures, Figure(f"bfcl: alarms on valid calls (n = {len(clean):,})", 100 * alarms, "%")], wrong


def _error_type(one: Judged) -> str:
    extra = one.label["extra"]
    inner = re.search(r"sub_error_type': '([^']+)", str(extra.get("error")))
    return inner[1] if inner else str(extra.get("error_type") or "")


def toxicity(all_: Sequence[Judged]) -> Outcome:
    """Against Perspective, whose verdict is a probability: at least 0.5 is toxic."""
    scores = scorer("toxicity").scores([one.sample for one in all_])
    known = [(one, 1 - score.value) for one, score in zip(all_, scores, strict=True) if score.value is not None]
    toxic = [float(one.verdict("toxicity")) >= 0.5 for one, _ in known]
    auc = float(roc_auc_score(toxic, [probability for _, probability in known]))
    what = f"toxicity: AUC against Perspective (n = {len(known)}, {sum(toxic)} toxic)"
    return [Figure(what, auc, "", "≥ 0.80", auc >= 0.80)], []


def personal_data(traffic: Path) -> Outcome:
    """Spans against gold, on the kinds that are claimed; half of a span's length must overlap."""
    with gzip.open(traffic / "traffic" / "pii_probe.jsonl.gz") as file:
        texts = {one["id"]: one["text"] for one in map(msgspec.json.decode, file)}
    counts: Counter[str] = Counter()
    wrong: list[Disagreement] = []
    with gzip.open(traffic / "labels" / "pii_probe_labels.jsonl.gz") as file:
        for label in map(msgspec.json.decode, file):
            gold = {(_CLAIMED[s["entity_type"]], s["start_position"], s["end_position"])
                    for s in label["spans"] if s["entity_type"] in _CLAIMED}  # fmt: skip
            for span in _spans(texts[label["id"]]):
                match = next((g for g in gold if g[0] == span[0] and _overlap(span, g) >= 0.5), None)
                counts["right" if match else "false alarm"] += 1
                gold.discard(cast(Any, match))
                if not match:
                    wrong.append({"what": "pii: false alarm", "id": label["id"], "ours": span})
            counts["missed"] += len(gold)
            wrong.extend({"what": "pii: missed", "id": label["id"], "published": missed} for missed in gold)
    precision = counts["right"] / (counts["right"] + counts["false alarm"])
    recall = counts["right"] / (counts["right"] + counts["missed"])
    return [
        Figure(
            f"pii: precision (n = {counts['right'] + counts['missed']})", precision, "", "≥ 0.95", precision >= 0.95
        ),
        Figure("pii: recall", recall, "", "≥ 0.90", recall >= 0.90),
    ], wrong


def _spans(text: str) -> Iterator[tuple[str, int, int]]:
    data = text.encode()
    for span in find(data):
        yield span.kind, len(data[: span.start].decode()), len(data[: span.end].decode())


def _overlap(one: tuple[str, int, int], other: tuple[str, int, int]) -> float:
    return (min(one[2], other[2]) - max(one[1], other[1])) / (max(one[2], other[2]) - min(one[1], other[1]))


def _passed(all_: Sequence[Judged], check: Scorer, verdict: str) -> list[tuple[Judged, object, object]]:
    return [(one, check.score(one.sample).passed is True, one.verdict(verdict)) for one in all_]


def _joined(*outcomes: Outcome) -> Outcome:
    return [f for figures, _ in outcomes for f in figures], [w for _, wrong in outcomes for w in wrong]


SOURCES: dict[str, Callable[[Sequence[Judged]], Outcome]] = {
    "instructgpt_squad": squad,
    "gsm8k_openai": gsm8k,
    "llmdrift": prime,
    "zeroeval": zeroeval,
    "can_ai_code": can_ai_code,
    "xstest": xstest,
    "bfcl": bfcl,
    "instructgpt_toxicity": toxicity,
}


def main() -> None:
    """Compare, print, and write."""
    args = arguments(__doc__)
    everything = judged(args.traffic)
    outcomes = [
        compare([replace(one) for one in everything if one.source == source]) for source, compare in SOURCES.items()
    ]
    figures, wrong = _joined(*outcomes, personal_data(args.traffic))
    report("agreement", figures, args.json, disagreements=wrong)


if __name__ == "__main__":
    main()
