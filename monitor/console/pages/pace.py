"""How far a reviewer got, how fast, and what is left."""

from collections import Counter
from collections.abc import Iterator

from markupsafe import Markup

from monitor.model import Reason

from .facts import WHY

_HOUR_MS = 3_600_000
_ENOUGH, _ENOUGH_MS = 3, 60_000
"""Reviews, and time, before a pace says anything."""


def per_hour(done: int, elapsed_ms: int) -> int | None:
    """Reviews an hour; None as long as there are too few to tell.

    >>> per_hour(10, 600_000), per_hour(2, 600_000)
    (60, None)
    """
    if done < _ENOUGH or elapsed_ms < _ENOUGH_MS:
        return None
    return round(done * _HOUR_MS / elapsed_ms)


def pace(*, shift: int, today: int, hourly: int | None, waiting: Counter[Reason]) -> Markup:
    """The line at the top of the page."""
    left = waiting.total()
    return Markup(
        '<ul class="pace" aria-label="Progress"><li><b id="done">{}</b> this shift</li><li><b>{}</b> today</li>{}'
        '<li class="left"><details><summary><b id="left">{}</b> left</summary><ul>{}</ul></details></li></ul>'
    ).format(
        shift,
        Markup('<span title="Since midnight, UTC">{}</span>').format(today),
        Markup("<li class='hourly'><b>{}</b> an hour</li>").format(hourly) if hourly is not None else "",
        left,
        Markup("").join(_by_reason(waiting)) or Markup("<li>Nothing waits</li>"),
    )


def _by_reason(waiting: Counter[Reason]) -> Iterator[Markup]:
    words = Counter[str]()
    for reason, number in waiting.items():
        words[WHY[reason]] += number
    for word, number in words.most_common():
        yield Markup("<li><b>{}</b> {}</li>").format(number, word)
