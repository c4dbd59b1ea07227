"""What became of the samples that were drawn for judges and people, summed up."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .client import Client, translated

_JUDGED = """
SELECT scorer, toString(source), missing, countIf(passed), count(), sum(cost_usd),
       countIf(copied_from != toUUID('00000000-0000-0000-0000-000000000000'))
FROM scores FINAL
WHERE scored_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
  AND (source = 'judge' OR (source = 'human' AND by = toUUID('00000000-0000-0000-0000-000000000000')))
GROUP BY scorer, source, missing ORDER BY scorer, source
"""
_BOOKED = """
SELECT sum(calls), sum(money), sumIf(calls, NOT settled), sumIf(money, NOT settled) FROM bookings FINAL
WHERE hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
"""
_WAITING = """
SELECT count() FROM review_items FINAL WHERE NOT erased AND reason != 'attention' AND item NOT IN (
  SELECT item FROM (SELECT item, reviewer, argMax(state, (at, ver)) AS state FROM reviews FINAL GROUP BY item, reviewer)
  WHERE state = 'done'
)
"""


@dataclass(slots=True)
class Judged:
    """One judge's samples, or those that people reviewed by its rubric."""

    judge: str
    source: str
    passed: int = 0
    failed: int = 0
    missing: dict[str, int] = field(default_factory=dict[str, int])
    """By reason."""
    copied: int = 0
    """With the judgement of an equal sample."""
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Judging:
    """What judges and people have done since a time."""

    judged: tuple[Judged, ...]
    calls: float
    """Booked by workers that have a budget, settled or not."""
    money: float
    reviews_waiting: int


def read_judging(client: Client, *, since_ms: int = 0) -> Judging:
    """Sum up what judges and people have done.

    Raises:
        Unavailable: the store is away, or lacks the tables.
    """
    with translated():
        rows = _rows(client, _JUDGED, since_ms)
        calls, money, *_ = _rows(client, _BOOKED, since_ms)[0]
        waiting = _rows(client, _WAITING, since_ms)[0][0]
    found: defaultdict[tuple[str, str], Judged] = defaultdict(lambda: Judged("", ""))
    for judge, source, missing, passed, count, cost, copied in rows:
        one = found[str(judge), str(source)]
        one.judge, one.source = str(judge), str(source)
        one.cost += float(cost)
        one.copied += int(copied)
        if missing:
            one.missing[str(missing)] = int(count)
        else:
            one.passed += int(passed)
            one.failed += int(count) - int(passed)
    return Judging(tuple(found.values()), float(calls), float(money), int(waiting))


def _rows(client: Client, question: str, since_ms: int) -> Sequence[Sequence[Any]]:
    return client.query(question, parameters={"since": since_ms}).result_rows
