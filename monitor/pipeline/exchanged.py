"""What a round of the exchange with another tool came to."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from monitor import metrics
from monitor.model import Review, State
from monitor.ports import Meter


class What(StrEnum):
    """What became of a task or a review."""

    PUSHED = "pushed"
    PULLED = "pulled"
    CORRECTED = "corrected"
    SKIPPED = "skipped"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    """The task of an item that was erased."""


class Trouble(NamedTuple):
    """What could not be exchanged, and why."""

    reason: str
    """A word from a closed set."""
    where: str
    message: str


@dataclass(slots=True)
class Found:
    """Everything that was done, and what could not be."""

    meter: Meter
    counted: set[Trouble]
    """Of earlier rounds too: what is met again is told again, and not counted again."""
    done: Counter[What] = field(default_factory=Counter[What])
    broken: list[Trouble] = field(default_factory=list[Trouble])
    remarks: list[str] = field(default_factory=list[str])
    """What was done of our own accord, for people to know."""

    @property
    def reasons(self) -> Counter[str]:
        """How much could not be exchanged, by reason."""
        return Counter(trouble.reason for trouble in self.broken)

    def count(self, what: What, judge: str, times: int = 1) -> None:
        """So many tasks or reviews of a judge became this."""
        if times:
            self.done[what] += times
            self.meter.count(metrics.EXCHANGED, (judge, what.value), times)

    def trouble(self, reason: str, where: str, message: str) -> None:
        """Something could not be exchanged."""
        trouble = Trouble(reason, where, message)
        self.broken.append(trouble)
        if trouble not in self.counted:
            self.counted.add(trouble)
            self.meter.count(metrics.BROKEN_REVIEWS, (reason,))


def became(before: Review | None, now: Review | None) -> What | None:
    """What happened to a review; None where nothing did."""
    if now is None or now == before:
        return None
    if now.state is State.DONE:
        return What.CORRECTED if before and before.state is State.DONE else What.PULLED
    return {State.SKIPPED: What.SKIPPED, State.WITHDRAWN: What.WITHDRAWN}.get(now.state)
