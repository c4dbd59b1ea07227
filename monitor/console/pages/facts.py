"""What is known of an item beside its text: why it is here, where it comes from, when, and until when."""

from collections.abc import Iterator

from markupsafe import Markup

from monitor.model import Item, Reason, Sample

from .rendering import name

WHY = {
    Reason.CONTROL: "Drawn at random",
    Reason.COMPLAINT: "A user complained",
    Reason.UNSURE: "The judge was not sure",
    Reason.DISAGREE: "Judge and checks disagree",
    Reason.RULE: "A rule sends it here",
    Reason.BENCHMARK: "From a benchmark",
    Reason.ATTENTION: "Drawn at random",
}
"""In plain words. An item that tests the reviewer's attention looks like any other."""
_VERDICTS = {"pass": "Checks: passed", "fail": "Checks: failed", "unsure": "Checks: not sure"}
_MINUTE_MS = 60_000
_SOON_MS = 2 * 60 * _MINUTE_MS
_MOST_TAGS = 12


def facts(item: Item, sample: Sample, now_ms: int, *, hide_verdict: bool) -> Markup:
    """The line above an item.

    Args:
        item: what waits.
        sample: its sample.
        now_ms: the time.
        hide_verdict: not to tell what the checks say.
    """
    return Markup('<header class="facts"><p class="why">{}</p><ul class="marks">{}</ul></header>').format(
        WHY[item.reason], Markup("").join(_marks(item, sample, now_ms, hide_verdict=hide_verdict))
    )


def reveals(item: Item) -> bool:
    """Whether the checks' verdict tells the judge's too."""
    return item.reason is Reason.DISAGREE


def due(due_ms: int, now_ms: int) -> tuple[str, bool]:
    """Until when it should be done, in words, and whether that is soon.

    >>> due(7_200_000, 0), due(0, 60_000), due(3_000_000, 4_000_000)
    (('due in 2 h', False), ('', False), ('overdue by 16 min', True))
    """
    if not due_ms:
        return "", False
    left = due_ms - now_ms
    return (f"due in {_long(left)}" if left >= 0 else f"overdue by {_long(-left)}"), left < _SOON_MS


def _marks(item: Item, sample: Sample, now_ms: int, *, hide_verdict: bool) -> Iterator[Markup]:
    if item.verdict and not hide_verdict:
        yield _mark(_VERDICTS.get(item.verdict, f"Checks: {item.verdict}"), kind=item.verdict)
    yield _said("app", item.app)
    if sample.model:
        yield _said("model", " ".join(filter(None, (sample.model, sample.model_version))))
    yield Markup('<li><time datetime="{}">{}</time></li>').format(
        sample.time.isoformat(), f"{sample.time:%-d %b %Y, %H:%M} UTC"
    )
    words, soon = due(item.due_ms, now_ms)
    if words:
        yield _mark(words, kind="soon" if soon else "due")
    for key, value in list(sample.tags.items())[:_MOST_TAGS]:
        yield _said(key, value)
    if len(sample.tags) > _MOST_TAGS:
        yield _mark(f"{len(sample.tags) - _MOST_TAGS} more tags", kind="more")


def _mark(words: str, *, kind: str) -> Markup:
    known = kind if kind in {"pass", "fail", "unsure", "soon", "due", "more"} else "other"
    return Markup('<li class="mark {}">{}</li>').format(known, name(words))


def _said(key: str, value: str) -> Markup:
    return Markup('<li><span class="key">{}</span> {}</li>').format(name(key), name(value))


def _long(milliseconds: int) -> str:
    minutes = milliseconds // _MINUTE_MS
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
