"""The purses of one partition: what its earlier records left of each application's budget and of the common one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from monitor.policy import HOUR_MS, Joint, Purse, Purses, Router

_MANY = 1_000
"""Applications; whoever has more is likely to make their names up."""

Spending = Iterable[tuple[str, int, int, int, int]]
"""Rows of app, hour, when its first sample arrived, samples seen, samples sent on; as the archive gives them."""


@dataclass(slots=True)
class PartitionPurses:
    """By application; valid for the record at ``next_offset``."""

    place: int
    """Of the partition, among all of all inputs."""
    next_offset: int
    total: Purse | None = None
    """Of all applications together."""
    known: dict[str, Purse | None] = field(default_factory=dict[str, Purse | None])

    def of(self, app: str, router: Router) -> Purses | None:
        """What pays for an application's judgements; None where nothing limits them."""
        own = self._own(app, router)
        if router.total and self.total is None:
            self.total = Purse(router.total, self.place)
        if own and self.total:
            return Joint(own, self.total)
        return own or self.total

    def recall(self, rows: Spending, router_of: Callable[[str], Router]) -> None:
        """Take up what those who came before have spent."""
        hours: dict[int, tuple[int, int, int]] = {}
        for app, hour_ms, first_ms, seen, spent in sorted(rows, key=lambda row: row[1]):
            router, hour = router_of(app), hour_ms // HOUR_MS
            self.of(app, router)
            if own := self._own(app, router):
                own.recall(hour, first_ms, seen, spent)
            first, all_seen, all_spent = hours.get(hour, (first_ms, 0, 0))
            hours[hour] = (min(first, first_ms), all_seen + seen, all_spent + spent)
        if self.total:
            for hour, (first_ms, seen, spent) in sorted(hours.items()):
                self.total.recall(hour, first_ms, seen, spent)

    def forget_idle(self, now_ms: int) -> None:
        """Drop the purses of applications that were silent for an hour: they are as good as new ones."""
        if len(self.known) > _MANY:
            hour = now_ms // HOUR_MS
            self.known = {app: purse for app, purse in self.known.items() if purse and purse.hour >= hour - 1}

    def _own(self, app: str, router: Router) -> Purse | None:
        if app not in self.known:
            self.known[app] = Purse(router.budget, self.place) if router.budget else None
        return self.known[app]
