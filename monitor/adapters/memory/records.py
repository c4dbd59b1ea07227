"""Evaluations, records and letters, kept by their place."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from monitor.model import (
    DeadLetter,
    Evaluation,
    Origin,
    Record,
    RouteTo,
)  # fmt: skip
from monitor.policy import HOUR_MS

Place = tuple[Origin, int | None]


@dataclass(slots=True)
class MemoryStore:
    """A sink and an archive over the same rows."""

    rows: dict[Place, Evaluation] = field(default_factory=dict[Place, Evaluation])
    dead: dict[Place, DeadLetter] = field(default_factory=dict[Place, DeadLetter])

    async def write(self, evaluations: Sequence[Evaluation], dead: Sequence[DeadLetter], /) -> None:
        for evaluation in evaluations:
            self.rows[evaluation.record.origin, evaluation.sample.index] = evaluation
        for letter in dead:
            self.dead[letter.origin, letter.index] = letter

    async def spending(self, before: Origin, since_ms: int, /) -> Iterable[tuple[str, int, int, int, int]]:
        hours: defaultdict[tuple[str, int], list[Evaluation]] = defaultdict(list)
        for (origin, _), row in self.rows.items():
            place = (origin.topic, origin.partition) == (before.topic, before.partition)
            if place and origin.offset < before.offset and row.record.arrived_ms >= since_ms:
                hours[row.sample.app, row.record.arrived_ms // HOUR_MS * HOUR_MS].append(row)
        return [
            (
                app,
                hour,
                min(row.record.arrived_ms for row in rows),
                len(rows),
                sum(row.route.to is RouteTo.JUDGE for row in rows),
            )
            for (app, hour), rows in hours.items()
        ]

    async def close(self) -> None:
        """There is nothing to let go."""


@dataclass(slots=True)
class Nowhere:
    """A sink and a bus that keep nothing: for commands that only report."""

    async def write(self, evaluations: Sequence[Evaluation], dead: Sequence[DeadLetter], /) -> None:
        """Forget them."""

    async def forward(self, record: Record, chosen: Sequence[Evaluation], /) -> None:
        """Forget it."""

    async def resend(self, records: Sequence[Record], /) -> None:
        """Forget them."""

    async def bury(self, letters: Sequence[DeadLetter], /) -> None:
        """Forget them."""

    async def close(self) -> None:
        """There is nothing to let go."""


@dataclass(slots=True)
class MemoryBus:
    """What was handed on, and what was buried, by id."""

    forwarded: dict[Origin, tuple[Record, tuple[Evaluation, ...]]] = field(
        default_factory=dict[Origin, tuple[Record, tuple[Evaluation, ...]]]
    )
    buried: dict[str, DeadLetter] = field(default_factory=dict[str, DeadLetter])
    resent: list[Record] = field(default_factory=list[Record])

    async def forward(self, record: Record, chosen: Sequence[Evaluation], /) -> None:
        self.forwarded[record.origin] = (record, tuple(chosen))

    async def resend(self, records: Sequence[Record], /) -> None:
        self.resent += records

    async def bury(self, letters: Sequence[DeadLetter], /) -> None:
        for letter in letters:
            self.buried[letter.id] = letter

    async def close(self) -> None:
        """There is nothing to let go."""
