"""What the judge said, beside what the reviewer said."""

from collections.abc import Iterator

import msgspec
from markupsafe import Markup

from monitor.judges import Marked
from monitor.model import Item

from .rendering import name, visible


class Point(msgspec.Struct, frozen=True):
    """What was said of one point."""

    name: str = ""
    value: float | None = None
    why: str = ""


class Shown(msgspec.Struct, frozen=True):
    """What an item tells of a judge's opinion."""

    value: float | None = None
    passed: bool | None = None
    label: str = ""
    why: str = ""
    missing: str = ""
    points: tuple[Point, ...] = ()


def opinion_of(item: Item) -> Shown | None:
    """The judge's opinion; None where it was not asked."""
    try:
        return msgspec.json.decode(item.opinion, type=Shown) if item.opinion else None
    except (msgspec.DecodeError, UnicodeError):
        return None


def judged(opinion: Shown) -> Markup:
    """What the judge said, alone."""
    return Markup('<aside class="judge" aria-label="The judge"><p><b>Judge</b> {}</p>{}</aside>').format(
        _word(opinion.passed, opinion.label, opinion.missing), _why(opinion.why)
    )


def beside(opinion: Shown, mark: Marked) -> Markup:
    """The judge's opinion beside one's own, and whether they agree."""
    same = agree(opinion, mark)
    verdict = {True: "You agree", False: "You differ", None: "Nothing to compare"}[same]
    kind = {True: "same", False: "differs", None: "open"}[same]
    missing = mark.missing.value if mark.missing else ""
    return Markup(
        '<p class="agreement {}">{}</p><dl class="both"><div><dt>You</dt><dd>{}</dd></div>'
        "<div><dt>Judge</dt><dd>{}</dd></div></dl>{}{}"
    ).format(
        kind,
        verdict,
        _word(mark.passed, mark.label, missing),
        _word(opinion.passed, opinion.label, opinion.missing),
        Markup("").join(_differing(opinion, mark)),
        _why(opinion.why),
    )


def agree(opinion: Shown, mark: Marked) -> bool | None:
    """Whether both pass or both fail; None where one of them says neither."""
    if opinion.passed is None or mark.passed is None:
        return None
    return opinion.passed == mark.passed


def _word(passed: bool | None, label: str, missing: str) -> Markup:
    if passed is None:
        return name(f"no verdict: {missing.replace('_', ' ')}" if missing else "no verdict")
    word = "pass" if passed else "fail"
    return Markup('<span class="{}">{}</span>').format(word, name(word if label in ("", word) else f"{word} · {label}"))


def _differing(opinion: Shown, mark: Marked) -> Iterator[Markup]:
    mine = {point.name: point.value for point in mark.points}
    names = [one.name for one in opinion.points if one.value != mine.get(one.name, one.value)]
    if names:
        yield Markup('<p class="hint">Differs in {}</p>').format(name(", ".join(names)))


def _why(text: str) -> Markup:
    return Markup('<p class="judge-why" dir="auto">{}</p>').format(visible(text)) if text else Markup("")
