"""The chunk transport against a Kafka of our own making: acks, gaps, seeks, revocations and commits."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.app import create_app
from streams.chunks import Chunk, ChunkConsumer, Cut
from tests.builders import make_settings
from tests.streams.fakes import FakeFetched, fetched

A, B = TP("t", 0), TP("t", 1)


class FakeThread:
    """Where aiokafka would be: notes commits and seeks, and can be told to refuse or to take its time."""

    def __init__(self) -> None:
        self.assigned = {A, B}
        self.commits: list[dict[TP, int]] = []
        self.seeks: list[tuple[TP, int]] = []
        self.refuse = False
        self.gate: asyncio.Event | None = None

    def assignment(self) -> set[TP]:
        return self.assigned

    def highwater(self, tp: TP) -> int:
        return 1000

    def seek(self, tp: TP, offset: int) -> None:
        self.seeks.append((tp, offset))

    async def seek_to_committed(self) -> Mapping[TP, int]:
        return {A: 0}

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        snapshot = dict(offsets)
        if self.gate:
            await self.gate.wait()
        if self.refuse:
            return False
        self.commits.append(snapshot)
        return True


class Bench:
    """A consumer whose deliveries end up in a list."""

    def __init__(self, records: int = 10, wait: float = 0.5) -> None:
        app = create_app(make_settings(WORKER__CHUNK_RECORDS=records, WORKER__STOP_WITHIN=wait)).faust
        assert isinstance(app.consumer, ChunkConsumer)
        self.consumer = cast(Any, app.consumer)
        self.thread = self.consumer._thread = FakeThread()
        self.delivered: list[Any] = []
        self.consumer.callback = self._take
        self.consumer._commit_every = None

    async def _take(self, message: Any) -> None:
        self.consumer._unacked_messages.add(message)
        self.delivered.append(message)

    async def deliver(self, records: Mapping[TP, Sequence[FakeFetched]]) -> list[Any]:
        before = len(self.delivered)
        await self.consumer._deliver(records, None)
        return self.delivered[before:]

    def ack(self, message: Any) -> bool:
        return self.consumer.ack(message)


@pytest.fixture
async def bench() -> Bench:
    return Bench()


def run(start: int, end: int) -> list[FakeFetched]:
    return [fetched(offset) for offset in range(start, end)]


async def test_a_fetch_is_cut_into_chunks_partition_by_partition_in_turn(bench: Bench) -> None:
    messages = await bench.deliver({A: run(0, 25), B: run(0, 10)})

    assert [(m.tp, m.first_offset, m.last_offset) for m in messages] == [
        (A, 0, 9), (B, 0, 9), (A, 10, 19), (A, 20, 24),
    ]  # fmt: skip


async def test_acks_out_of_order_commit_only_the_prefix(bench: Bench) -> None:
    first, second, third = await bench.deliver({A: run(0, 30)})

    bench.ack(third)
    await bench.consumer.commit()
    bench.ack(first)
    await bench.consumer.commit()
    bench.ack(second)
    await bench.consumer.commit()

    assert bench.thread.commits == [{A: 10}, {A: 30}]


async def test_an_ack_counts_once(bench: Bench) -> None:
    (message,) = await bench.deliver({A: run(0, 5)})

    assert bench.ack(message)
    assert not bench.ack(message)


async def test_a_commit_that_did_not_happen_is_made_up_for(bench: Bench) -> None:
    (message,) = await bench.deliver({A: run(0, 5)})
    bench.ack(message)

    bench.thread.refuse = True
    assert not await bench.consumer.commit()
    bench.thread.refuse = False
    assert await bench.consumer.commit()

    assert bench.thread.commits == [{A: 5}]


async def test_a_commit_during_a_commit_takes_the_latest_acks_along(bench: Bench) -> None:
    first, second = await bench.deliver({A: run(0, 20)})
    bench.thread.gate = asyncio.Event()
    bench.ack(first)
    slow = asyncio.create_task(bench.consumer.commit())
    await asyncio.sleep(0.01)

    bench.ack(second)
    other = asyncio.create_task(bench.consumer.commit())
    await asyncio.sleep(0.01)
    bench.thread.gate.set()
    await asyncio.gather(slow, other)

    assert bench.thread.commits == [{A: 10}, {A: 20}]


async def test_a_partition_that_went_elsewhere_is_not_committed(bench: Bench) -> None:
    (message,) = await bench.deliver({A: run(0, 5)})
    bench.ack(message)

    bench.thread.assigned = {B}
    await bench.consumer.commit()

    assert bench.thread.commits == []


async def test_a_hole_is_asked_for_once_and_then_believed(bench: Bench) -> None:
    await bench.deliver({A: run(0, 5)})

    assert await bench.deliver({A: run(8, 12)}) == []
    assert bench.thread.seeks == [(A, 5)]
    (message,) = await bench.deliver({A: run(8, 12)})

    assert (message.first_offset, message.last_offset) == (8, 11)


async def test_a_race_that_would_skip_records_is_undone(bench: Bench) -> None:
    await bench.deliver({A: run(0, 5)})
    await bench.deliver({A: run(8, 12)})

    (message,) = await bench.deliver({A: run(5, 12)})

    assert (message.first_offset, message.last_offset) == (5, 11)


async def test_records_that_were_read_already_are_left_out(bench: Bench) -> None:
    await bench.deliver({A: run(0, 5)})
    bench.consumer._read_offset[A] = 5

    (message,) = await bench.deliver({A: run(3, 8)})

    assert message.first_offset == 5


async def test_a_seek_forgets_what_is_in_flight(bench: Bench) -> None:
    first, second = await bench.deliver({A: run(0, 20)})
    bench.ack(second)

    await bench.consumer.perform_seek()
    (again, _) = await bench.deliver({A: run(0, 20)})
    bench.ack(first)  # of the old delivery: must not count for the new one
    await bench.consumer.commit()
    bench.ack(again)
    await bench.consumer.commit()

    assert bench.thread.commits == [{A: 10}]


async def test_a_revocation_waits_for_what_is_begun_commits_it_and_drops_the_rest(bench: Bench) -> None:
    begun, waiting = await bench.deliver({A: run(0, 20)})
    begun.value.begun = True

    async def finish() -> None:
        await asyncio.sleep(0.05)
        bench.ack(begun)

    finishing = asyncio.create_task(finish())
    await bench.consumer.wait_empty()
    await finishing

    assert bench.thread.commits == [{A: 10}]
    assert waiting.value.leaving.is_set()
    assert not bench.consumer._unacked_messages


async def test_a_chunk_that_is_given_up_is_not_waited_for(bench: Bench) -> None:
    (message,) = await bench.deliver({A: run(0, 5)})
    chunk: Chunk = message.value
    chunk.begun = True
    waiting = asyncio.create_task(bench.consumer.wait_empty())
    await asyncio.sleep(0.01)

    assert chunk.leaving.is_set()
    chunk.give_up()
    async with asyncio.timeout(0.2):
        await waiting

    assert bench.thread.commits == []


async def test_waiting_ends_even_when_a_chunk_never_does() -> None:
    bench = Bench(wait=0.1)
    (message,) = await bench.deliver({A: run(0, 5)})
    message.value.begun = True

    async with asyncio.timeout(4):
        await bench.consumer.wait_empty()

    assert bench.thread.commits == []


async def test_a_commit_that_hangs_does_not_keep_a_worker_from_stopping() -> None:
    bench = Bench(wait=0.1)
    bench.thread.gate = asyncio.Event()
    (message,) = await bench.deliver({A: run(0, 5)})
    bench.ack(message)

    async with asyncio.timeout(4):
        await bench.consumer.wait_empty()


def test_records_come_as_our_own() -> None:
    record = FakeFetched(7, b"v", key=b"k", headers=[("a", b"b")])

    (made,) = Chunk(A, [record]).records()

    assert (str(made.origin), made.value, made.key, made.headers) == ("t/0/7", b"v", b"k", (("a", b"b"),))


def test_a_record_that_is_too_large_goes_alone() -> None:
    cut = Cut(records=3, bytes=10)
    records = [fetched(0, b"x"), fetched(1, b"x" * 50), fetched(2, b"x")]

    assert [[r.offset for r in part] for part in cut.slices(records)] == [[0], [1], [2]]


@given(st.lists(st.integers(0, 12), max_size=30))
def test_slices_keep_every_record_in_order_within_bounds(sizes: list[int]) -> None:
    cut, records = Cut(records=3, bytes=10), [fetched(n, b"x" * size) for n, size in enumerate(sizes)]

    parts = [list(part) for part in cut.slices(records)]

    assert [record for part in parts for record in part] == records
    for part in parts:
        assert len(part) <= 3
        assert len(part) == 1 or sum(record.serialized_value_size for record in part) <= 10
