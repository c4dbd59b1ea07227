"""Judges that say what they were told to, and what was said and spent."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from monitor.model import (
    NOTHING,
    Controlled,
    Judgement,
    Lot,
    Opinion,
    Question,
    Reply,
    Spent,
    Unjudged,
)  # fmt: skip
from monitor.policy import DAY_MS


@dataclass(slots=True)
class MemoryJudging:
    """Judgements, opinions and bookings, by their keys."""

    judgements: dict[UUID, Judgement] = field(default_factory=dict[UUID, Judgement])
    opinions: dict[tuple[object, ...], Opinion] = field(default_factory=dict[tuple[object, ...], Opinion])
    """By sample, source, scorer, version, person and attempt."""
    controls: dict[tuple[str, str, UUID], Controlled] = field(default_factory=dict[tuple[str, str, UUID], Controlled])
    lots: dict[UUID, Lot] = field(default_factory=dict[UUID, Lot])

    async def known(self, contents: Collection[UUID], /) -> Mapping[UUID, Judgement]:
        return {content: self.judgements[content] for content in contents if content in self.judgements}

    async def keep(self, judgement: Judgement, /) -> None:
        self.judgements.setdefault(judgement.content, judgement)

    async def write(self, opinions: Sequence[Opinion], /) -> None:
        for one in opinions:
            self.opinions[one.sample, one.source, one.scorer, one.version, one.by, one.attempt] = one

    async def control(self, controlled: Controlled, /) -> None:
        self.controls.setdefault((controlled.judge, controlled.version, controlled.beside), controlled)

    async def book(self, lots: Sequence[Lot], /) -> None:
        self.lots |= {lot.id: lot for lot in lots}

    async def spent(self, hour_ms: int, /) -> Mapping[str, Spent]:
        found: dict[str, Spent] = {}
        for lot in self.lots.values():
            if lot.hour_ms // DAY_MS == hour_ms // DAY_MS:
                in_hour = lot.expense if lot.hour_ms == hour_ms else NOTHING
                found[lot.app] = found.get(lot.app, Spent()) + Spent(in_hour, lot.expense)
        return found

    async def close(self) -> None:
        """There is nothing to let go."""


@dataclass(slots=True)
class ScriptedJudge:
    """Says what it was told to say, one after another, and then the last again; remembers what it was asked."""

    replies: list[Reply | Unjudged]
    asked: list[Question] = field(default_factory=list[Question])

    async def ask(self, question: Question, /) -> Reply:
        self.asked.append(question)
        said = self.replies[min(len(self.asked), len(self.replies)) - 1]
        if isinstance(said, Unjudged):
            raise said
        return said

    async def check(self) -> str:
        return ""

    async def knock(self) -> str:
        return ""

    async def close(self) -> None:
        """There is nothing to let go."""
