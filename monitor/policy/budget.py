"""How many judgements an hour may ask for, and what is left.

A budget lowers the share before the draw and never drops what was drawn: the inclusion probability that is logged
is the one that was used. The purse of a partition is a fold over that partition's records in order, and time is the
records' own: read again, after a crash or in a replay, the same records leave the same purse. Workers share nothing.
"""

from dataclasses import dataclass, field
from typing import Protocol

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Judgements an hour, for one application over all partitions."""

    per_hour: int
    partitions: int = 1

    def share_of(self, partition: int, hour: int) -> int:
        """What one partition may spend in one hour; the shares of all partitions add up to the budget.

        What does not divide evenly wanders from partition to partition, so that none is left out for good.

        >>> [Budget(per_hour=5, partitions=4).share_of(p, hour=0) for p in range(4)]
        [2, 1, 1, 1]
        >>> [Budget(per_hour=5, partitions=4).share_of(p, hour=1) for p in range(4)]
        [1, 1, 1, 2]
        """
        whole, rest = divmod(self.per_hour, self.partitions)
        return whole + ((partition + hour) % self.partitions < rest)


class Purses(Protocol):
    """What pays for a judgement."""

    def share(self, wanted: float, now_ms: int, /) -> float:
        """The largest share of the samples to come that can be afforded, at most ``wanted``."""
        ...

    def take(self, *, judged: bool) -> None:
        """Count a sample, once its share has been asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Joint:
    """Two purses that both must afford it: an application's own, and that of all applications together."""

    own: Purses
    total: Purses

    def share(self, wanted: float, now_ms: int, /) -> float:
        return min(self.own.share(wanted, now_ms), self.total.share(wanted, now_ms))

    def take(self, *, judged: bool) -> None:
        self.own.take(judged=judged)
        self.total.take(judged=judged)


@dataclass(slots=True)
class _Hour:
    seen: int = 0
    spent: int = 0


@dataclass(slots=True)
class Purse:
    """What one partition has seen and spent for one application, this hour and the one before."""

    budget: Budget
    partition: int
    hour: int = -1
    """Hours since 1970."""
    this: _Hour = field(default_factory=_Hour)
    last: _Hour | None = None
    """The hour before, where anything was seen in it."""
    since_ms: int = 0
    """When this hour's first sample was seen."""

    def recall(self, hour: int, first_ms: int, seen: int, spent: int) -> None:
        """Take up what was seen and spent in an hour by those who came before; hours in ascending order."""
        self._turn(hour, first_ms)
        self.this = _Hour(seen, spent)

    def left(self, now_ms: int) -> int:
        """Judgements that this hour still has."""
        hour = now_ms // HOUR_MS
        allowed = self.budget.share_of(self.partition, hour)
        return allowed - self.this.spent if hour == self.hour else allowed

    def share(self, wanted: float, now_ms: int, /) -> float:
        """The largest share of the samples to come that the rest of the hour can afford, at most ``wanted``."""
        self._turn(now_ms // HOUR_MS, now_ms)
        left = self.budget.share_of(self.partition, self.hour) - self.this.spent
        if left < 1:
            return 0.0
        to_come = self._expected(now_ms)
        return wanted if wanted * to_come <= left else left / to_come

    def take(self, *, judged: bool) -> None:
        """Count a sample, once its share has been asked for."""
        self.this.seen += 1
        self.this.spent += judged

    def _turn(self, hour: int, now_ms: int) -> None:
        if hour <= self.hour:
            return  # a record that is late by the log's clock is paid for by the hour that is running
        self.last = self.this if hour == self.hour + 1 and self.this.seen else None
        self.hour, self.this, self.since_ms = hour, _Hour(), now_ms

    def _expected(self, now_ms: int) -> float:
        """Samples still to come this hour, at the rate of this hour and the one before."""
        start = self.hour * HOUR_MS
        elapsed = max(now_ms - (start if self.last else self.since_ms), 1)
        seen = self.this.seen
        if self.last:
            elapsed, seen = elapsed + HOUR_MS, seen + self.last.seen
        return seen / elapsed * max(start + HOUR_MS - now_ms, 0)
