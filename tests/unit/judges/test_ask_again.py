"""What a judge could not judge is asked again: each once, all of them, however many there are."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from monitor.adapters.memory import MemoryBus
from monitor.errors import Unavailable
from monitor.model import Order, Waiting
from monitor.pipeline.ask_again import AskAgain


def make_waiting(number: int) -> Waiting:
    return Waiting(sample=UUID(int=number), app="a", judge="j", inclusion=0.5, verdict="", payload=b"{}")


class Missed:
    """Samples that were missed, by when; away as often as it is told."""

    def __init__(self, times_ms: Sequence[int]) -> None:
        self.waiting = [(ms, make_waiting(n)) for n, ms in enumerate(times_ms)]
        self.away = 0

    async def missed(self, since_ms: int, until_ms: int, limit: int, /) -> Sequence[Waiting]:
        if self.away:
            self.away -= 1
            raise Unavailable("store", "away")
        return [one for ms, one in self.waiting if since_ms <= ms < until_ms][:limit]

    async def unjudged(
        self, app: str, judge: str, since_ms: int, until_ms: int, /, *, order: Order, outcome: str, limit: int
    ) -> Sequence[Waiting]:
        return []


NOW = 10_000_000
"""Seconds."""


def asking(missed: Missed, bus: MemoryBus, share: float, now: list[int]) -> AskAgain:
    return AskAgain(missed, bus, share, 600.0, lambda: float(now[0]))


async def test_everybody_has_a_draw_and_nobody_is_asked_twice() -> None:
    missed = Missed([(NOW - 700 - n % 600) * 1000 for n in range(5_000)])
    bus, now = MemoryBus(), [NOW]
    again = asking(missed, bus, 0.5, now)

    first = await again.once()
    now[0] += 60
    second = await again.once()

    assert first + second == len(bus.resent)
    assert len({record.key for record in bus.resent}) == len(bus.resent)
    assert 2_300 < first < 2_700
    assert second == 0


async def test_what_becomes_due_later_comes_later() -> None:
    missed, bus, now = Missed([(NOW - 500) * 1000]), MemoryBus(), [NOW]
    again = asking(missed, bus, 1.0, now)

    early = await again.once()
    now[0] += 200
    late = await again.once()

    assert (early, late) == (0, 1)


async def test_a_store_that_is_away_costs_nobody_the_chance() -> None:
    missed, bus, now = Missed([(NOW - 700) * 1000]), MemoryBus(), [NOW]
    missed.away = 1
    again = asking(missed, bus, 1.0, now)

    with pytest.raises(Unavailable):
        await again.once()

    assert await again.once() == 1
