"""How much is reviewed: by application, reviewer and day, and how fast."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from monitor.model import Item, Review, State

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Verdicts that count."""

    today: int
    """By everybody since midnight, UTC."""
    per_hour: int
    """By everybody within the last hour."""
    mine_today: int
    mine: int


@dataclass(frozen=True, slots=True)
class _Counted:
    app: str
    at_ms: int

    @property
    def day(self) -> int:
        return self.at_ms // DAY_MS


@dataclass(slots=True)
class Tally:
    """A verdict counts once, on the day when it was first given, however often it is corrected."""

    _counted: dict[tuple[UUID, UUID], _Counted] = field(default_factory=dict[tuple[UUID, UUID], _Counted])
    """By item and reviewer."""
    _recent: dict[tuple[UUID, UUID], _Counted] = field(default_factory=dict[tuple[UUID, UUID], _Counted])
    """Those of the last hour, and older ones that nobody has asked about since."""
    _done: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    """By application and day."""
    _by: Counter[tuple[UUID, str, int]] = field(default_factory=Counter[tuple[UUID, str, int]])
    """By reviewer, application and day."""

    def update(self, item: Item, review: Review) -> None:
        """Take a reviewer's newest step with an item into account."""
        key = (item.id, review.reviewer)
        counted = self._counted.get(key)
        if review.state is State.DONE and counted is None:
            self._counted[key] = self._recent[key] = counted = _Counted(item.app, review.at_ms)
            self._add(review.reviewer, counted, 1)
        elif review.state is not State.DONE and counted is not None:
            del self._counted[key]
            self._recent.pop(key, None)
            self._add(review.reviewer, counted, -1)

    def done(self, app: str, now_ms: int) -> int:
        """Verdicts of an application today."""
        return self._done[app, now_ms // DAY_MS]

    def progress(self, reviewer: UUID, now_ms: int, *, apps: Collection[str] = ()) -> Progress:
        """How far everybody is, and one of them; of some applications, or all where none is named."""
        today, hour_ago = now_ms // DAY_MS, now_ms - HOUR_MS
        self._recent = {key: counted for key, counted in self._recent.items() if counted.at_ms > hour_ago}
        mine = [(day, n) for (who, app, day), n in self._by.items() if who == reviewer and (not apps or app in apps)]
        return Progress(
            today=sum(n for (app, day), n in self._done.items() if day == today and (not apps or app in apps)),
            per_hour=sum(not apps or counted.app in apps for counted in self._recent.values()),
            mine_today=sum(n for day, n in mine if day == today),
            mine=sum(n for _, n in mine),
        )

    def _add(self, reviewer: UUID, counted: _Counted, by: int) -> None:
        self._done[counted.app, counted.day] += by
        self._by[reviewer, counted.app, counted.day] += by
