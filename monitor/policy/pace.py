"""How fast an endpoint may be asked: calls at once that adapt to refusals, a rate, and a pause when it fails.

Time is an argument everywhere, in seconds on any steady clock.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Width:
    """Calls at once: one more after a full round that went well, fewer at a refusal (AIMD, Chiu and Jain 1989).

    How many fewer goes by the share that was refused, as in DCTCP (Alizadeh et al. 2010): an endpoint that refuses some
    calls however few there are would else be asked hardly at all.
    """

    most: int
    now: float = 0.0
    shrunk_at: float = float("-inf")
    well: int = 0
    """Calls that went well since then."""
    turned_away: int = 0

    def __post_init__(self) -> None:
        self.now = self.now or float(self.most)

    @property
    def calls(self) -> int:
        return max(int(self.now), 1)

    def went_well(self) -> None:
        self.now = min(self.now + 1 / max(self.now, 1.0), float(self.most))
        self.well += 1

    def refused(self, now: float, *, round_trip: float = 1.0) -> None:
        """Back by three tenths where all is refused, once for all of one round trip: they speak of the same moment."""
        self.turned_away += 1
        if now - self.shrunk_at >= round_trip:
            share = self.turned_away / (self.turned_away + self.well)
            self.now, self.shrunk_at = max(self.now * (1 - 0.3 * share), 1.0), now
            self.well = self.turned_away = 0


@dataclass(slots=True)
class Rate:
    """So much a minute, evenly: a bucket that fills (Turner 1986) and holds what ten seconds bring."""

    per_minute: float
    level: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.depth

    @property
    def depth(self) -> float:
        return max(self.per_minute / 6, 1.0)

    def wait(self, amount: float, now: float) -> float:
        """Take an amount and return the seconds to wait before it may be used; an amount of more than all is all."""
        self.level = min(self.level + max(now - self.at, 0.0) * self.per_minute / 60, self.depth)
        self.at = now
        self.level -= min(amount, self.depth)
        return max(-self.level, 0.0) * 60 / self.per_minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When an endpoint is left alone, and for how long."""

    failures: int = 20
    """In a row."""
    pause: float = 30.0
    """Seconds until one call may try again."""


@dataclass(slots=True)
class Circuit:
    """Whether an endpoint may be asked: open after many failures in a row, then one call tries, then all."""

    breaker: Breaker
    failed: int = 0
    opened_at: float | None = None
    trying: bool = False

    def allows(self, now: float) -> bool:
        """Whether a call may be made; the one that tries again is counted as under way."""
        if self.opened_at is None:
            return True
        if now - self.opened_at < self.breaker.pause or self.trying:
            return False
        self.trying = True
        return True

    def succeeded(self) -> None:
        self.failed, self.opened_at, self.trying = 0, None, False

    def gave_up(self) -> None:
        """The call that tried again said nothing about the endpoint."""
        self.trying = False

    def broke(self, now: float) -> bool:
        """Count a failure; True when it opens the circuit."""
        self.failed += 1
        if self.trying or (self.opened_at is None and self.failed >= self.breaker.failures):
            self.opened_at, self.trying = now, False
            return True
        return False
