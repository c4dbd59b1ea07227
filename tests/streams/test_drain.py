"""The loop that owns the acks: nothing is acked before it is durable, and nothing durable is left unacked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from faust.types import TP

from monitor import metrics
from monitor.adapters.memory import MemoryMeter
from monitor.errors import Unavailable
from monitor.model import Record
from streams.chunks import Chunk
from streams.drain import BackOff, Drain, Health
from tests.streams.fakes import fetched

QUICK = BackOff(first=0.001, most=0.005)


@dataclass
class Event:
    value: Chunk
    acked: bool = False

    def ack(self) -> bool:
        self.acked = True
        return True


@dataclass
class FakeStage:
    """Fails as often as told, and notes what it did."""

    away: int = 0
    bug_at: int | None = None
    worked: list[int] = field(default_factory=list[int])
    settled: list[int] = field(default_factory=list[int])
    before_settling: Callable[[int], object] = lambda _: None
    slow: dict[int, float] = field(default_factory=dict[int, float])

    async def work(self, records: list[Record]) -> int:
        self.worked.append(records[0].origin.offset)
        return records[0].origin.offset

    async def settle(self, first: int) -> None:
        self.before_settling(first)
        await asyncio.sleep(self.slow.get(first, 0))
        if first == self.bug_at:
            raise ZeroDivisionError
        if self.away:
            self.away -= 1
            raise Unavailable("store", "away")
        self.settled.append(first)


def events(count: int) -> list[Event]:
    return [Event(Chunk(TP("t", 0), [fetched(n * 10), fetched(n * 10 + 1)])) for n in range(count)]


async def stream(*given: Event) -> AsyncIterator[Event]:
    for event in given:
        yield event


def make_drain(stage: FakeStage, bugs: list[BaseException] | None = None) -> Drain:
    bugs = [] if bugs is None else bugs
    return Drain(stage, MemoryMeter(), Health(), in_flight=2, back_off=QUICK, on_bug=bugs.append)


async def test_every_chunk_is_acked_after_it_is_settled() -> None:
    stage, made = FakeStage(), events(5)
    stage.before_settling = lambda first: made[first // 10].acked and (_ for _ in ()).throw(AssertionError)

    await make_drain(stage).run(stream(*made))

    assert all(event.acked for event in made)
    assert stage.settled == [0, 10, 20, 30, 40]


async def test_a_chunk_is_held_until_the_store_is_back() -> None:
    stage, (event,) = FakeStage(away=3), events(1)
    drain = make_drain(stage)

    await drain.run(stream(event))

    assert event.acked
    assert stage.worked == [0], "deciding again would count budgets twice"
    assert drain.meter.counts[metrics.HELD.name, ("store",)] == 3  # type: ignore[attr-defined]
    assert drain.health.ready
    assert drain.health.last_error == "store: away"


async def test_while_a_chunk_is_held_the_worker_is_not_ready_and_the_next_ones_settle() -> None:
    seen: list[bool] = []
    stage, made = FakeStage(away=1, slow={}), events(3)
    drain = make_drain(stage)
    stage.before_settling = lambda _: seen.append(drain.health.ready)

    await drain.run(stream(*made))

    assert False in seen
    assert all(event.acked for event in made)


async def test_a_bug_acks_nothing_and_ends_the_process() -> None:
    bugs: list[BaseException] = []
    stage, made = FakeStage(bug_at=10), events(3)

    await make_drain(stage, bugs).run(stream(*made))

    assert isinstance(bugs[0], ZeroDivisionError)
    assert [event.acked for event in made] == [True, False, True]


async def test_a_held_chunk_is_given_up_when_its_partition_leaves() -> None:
    stage, (event,) = FakeStage(away=1_000_000), events(1)
    drain = make_drain(stage)
    running = asyncio.create_task(drain.run(stream(event)))
    await asyncio.sleep(0.02)

    event.value.leaving.set()
    await running

    assert (event.acked, event.value.given_up) == (False, True)


async def test_a_chunk_that_nobody_has_begun_is_not_begun_when_its_partition_leaves() -> None:
    stage, (event,) = FakeStage(), events(1)
    event.value.leaving.set()

    await make_drain(stage).run(stream(event))

    assert (stage.worked, event.acked) == ([], False)


async def test_work_goes_on_in_order_while_others_settle() -> None:
    stage, made = FakeStage(slow={0: 0.05}), events(3)

    await make_drain(stage).run(stream(*made))

    assert stage.worked == [0, 10, 20]
    assert stage.settled[0] != 0
    assert all(event.acked for event in made)


def test_back_off_doubles_up_to_a_limit_and_does_as_it_is_asked() -> None:
    back_off = BackOff(first=1, most=10)

    assert 0.7 <= back_off.pause(0, None) <= 1
    assert 2.8 <= back_off.pause(2, None) <= 4
    assert back_off.pause(50, None) <= 10
    assert back_off.pause(0, 3.5) == 3.5
    assert back_off.pause(0, 3600) == 10
