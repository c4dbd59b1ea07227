"""A Faust transport that hands over a slice of a partition as one event, and commits only what is acked without a gap.

Stock Faust makes four tasks, a queue entry and an event for each record. Here that is paid once a chunk. Agents,
timers, web and sensors stay Faust's own. Written against faust-streaming 0.15.3, whose consumer it replaces in four
places: the fetch loop, the ack, the commit, and the waiting when partitions are revoked or the worker stops.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Protocol, cast

import faust
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode.utils import futures

from monitor.model import Origin, Record

from .offsets import Prefix


class Fetched(Protocol):
    """What we use of an aiokafka record."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...
    @property
    def serialized_value_size(self) -> int: ...


_notify = cast(Callable[[Any], None], cast(Any, futures).notify)


@dataclass(slots=True, eq=False)
class Chunk:
    """The records of one partition that travel together: one fetch slice, one event, one ack."""

    tp: TP
    fetched: Sequence[Fetched]
    begun: bool = False
    """Somebody works on it: a rebalance and a stop wait for it."""
    given_up: bool = False
    """It will not be acked here; Kafka delivers it again."""
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when its partition is taken away or the worker stops: who only waits should give it up."""
    on_given_up: Callable[[], None] = lambda: None

    @property
    def first_offset(self) -> int:
        return self.fetched[0].offset

    @property
    def last_offset(self) -> int:
        return self.fetched[-1].offset

    def records(self) -> list[Record]:
        """The records in our own words."""
        return [
            Record(
                Origin(record.topic, record.partition, record.offset),
                record.value,
                record.timestamp,
                record.key,
                tuple(record.headers),
            )
            for record in self.fetched
        ]

    def give_up(self) -> None:
        """Say that it will not be acked here."""
        self.given_up = True
        self.on_given_up()


class ChunkMessage(ConsumerMessage):
    """A chunk in the clothes of a Faust message."""

    first_offset: int
    last_offset: int


class ChunkSchema(faust.Schema[Any, Any]):
    """Hands the chunk through: decoding is the stage's affair."""

    def loads_key(self, app: Any, message: Any, **kwargs: Any) -> None:
        return None

    def loads_value(self, app: Any, message: Any, **kwargs: Any) -> Any:
        return message.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How large a chunk may be, and how long a stop or a rebalance waits for chunks that are worked on."""

    records: int = 500
    bytes: int = 8 * 1024 * 1024
    wait: float = 15.0

    def slices(self, records: Sequence[Fetched]) -> Iterator[Sequence[Fetched]]:
        """Cut records into chunks, in order; one that is too large goes alone."""
        if sum([record.serialized_value_size for record in records]) <= self.bytes:
            for start in range(0, len(records), self.records):
                yield records[start : start + self.records]
            return
        start = size = 0
        for position, record in enumerate(records):
            full = position - start >= self.records or size + record.serialized_value_size > self.bytes
            if full and position > start:
                yield records[start:position]
                start, size = position, 0
            size += record.serialized_value_size
        if start < len(records):
            yield records[start:]


class ChunkThread(driver.AIOKafkaConsumerThread):
    """aiokafka's thread, with commits that survive an outage."""

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit; False when it did not happen, and the offsets stay to be committed later."""
        consumer = cast(Any, self._ensure_consumer())
        assignment = self.assignment()
        mine = {
            driver.ensure_aiokafka_TP(tp): OffsetAndMetadata(offset, "")
            for tp, offset in offsets.items()
            if tp in assignment
        }
        if not mine:
            return False
        try:
            await consumer.commit(mine)
        except (CommitFailedError, IllegalStateError) as error:
            self.log.info("not committed, the group has rebalanced: %s", error)
            return False
        except KafkaError as error:
            self.log.warning("not committed yet: %r", error)
            return False
        now = time.monotonic()
        self.tp_last_committed_at.update(dict.fromkeys(offsets, now))
        return True


class ChunkConsumer(driver.Consumer):
    """Delivers chunks, and commits the acked prefix of each partition."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cut = cast(ChunkTransport, self.transport).cut
        self.prefixes: dict[TP, Prefix] = {}
        self._expected: dict[TP, int] = {}
        """The next offset that we must see."""
        self._asked_again: dict[TP, tuple[int, int]] = {}
        """Gaps that we have gone back for once."""

    def _new_consumer_thread(self) -> ChunkThread:
        return ChunkThread(self, loop=self.loop, beacon=cast(Any, self).beacon)

    def done(self, tp: TP) -> int | None:
        """The first offset of a partition that is not done; None when nothing is known yet."""
        prefix = self.prefixes.get(tp)
        return prefix.done if prefix else self._committed_offset[tp]

    # ---- acks and commits

    def ack(self, message: Any) -> bool:
        """Mark a chunk as done, in any order; True the first time."""
        if message.acked:
            return False
        message.acked = True
        message.value = None  # only the offsets are needed from here on
        self._forget(message)
        self._n_acked += 1
        return True

    def _forget(self, message: Any) -> None:
        self._unacked_messages.discard(message)
        _notify(cast(Any, self)._waiting_for_ack)

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what is acked now, also when another commit is under way: that one has not seen the latest acks."""
        while (under_way := cast("asyncio.Future[None] | None", cast(Any, self)._commit_fut)) is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(under_way)
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError
        return await super().commit(topics, start_new_transaction)

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit the acked prefixes; what could not be committed is tried again with the next commit."""
        state = self.app.sensors.on_commit_initiated(self)
        assignment = self.assignment()
        offsets = {tp: end for tp, prefix in self.prefixes.items() if tp in assignment and (end := prefix.advance())}
        committed = bool(offsets) and await self._commit(offsets)
        if committed:
            for tp, offset in offsets.items():
                if tp in self.prefixes:
                    self.prefixes[tp].committed = offset
            self._committed_offset.update(offsets)
            self.app.monitor.on_tp_commit(offsets)
        self.app.sensors.on_commit_completed(self, state)
        return committed

    # ---- letting go

    async def wait_empty(self) -> None:
        """Let work under way finish, for a bounded time; drop what nobody has begun; commit what is done."""
        deadline = time.monotonic() + self.cut.wait
        for message in list(self._unacked_messages):
            chunk = message.value
            if isinstance(chunk, Chunk):
                chunk.leaving.set()
                if not chunk.begun:
                    self._forget(message)
        while self._unacked_messages and time.monotonic() < deadline:
            await self._wait_for_ack(timeout=1)
        if self._unacked_messages:
            self.log.warning("%s chunks are still under way; Kafka delivers them again", len(self._unacked_messages))
            for message in list(self._unacked_messages):
                self._forget(message)
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(max(deadline - time.monotonic(), 2.0)):
                await self.commit()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish and commit before the partitions are handed over: stock Faust forgets the acks first."""
        self.stop_flow()
        self.app.flow_control.suspend()
        self.app.flow_control.clear()
        await self.wait_empty()
        self._start_over()
        await super().on_partitions_revoked(revoked)

    async def perform_seek(self) -> None:
        """Go back to what is committed: what is in flight will come again, so forget it."""
        self._start_over()
        await super().perform_seek()

    def _start_over(self) -> None:
        self.prefixes.clear()
        self._expected.clear()

    # ---- the fetch loop

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                records, active = await self._wait_next_records(1.0)
                await asyncio.sleep(0)
                if not records or self.should_stop:
                    continue
                if not self.flow_active:
                    await self._seek_back()
                    continue
                await self._deliver(cast("Mapping[TP, Sequence[Fetched]]", records), active)
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.transport.app.should_stop:
                raise

    async def _seek_back(self) -> None:
        try:
            await self.perform_seek()
        except Exception as error:  # noqa: BLE001  Faust itself only warns: the rebalance that follows seeks again
            self.log.warning("cannot seek while the flow is stopped: %r", error)

    async def _deliver(self, records: Mapping[TP, Sequence[Fetched]], active: set[TP] | None) -> None:
        generation = self.app.consumer_generation_id
        queues: list[list[tuple[TP, Sequence[Fetched]]]] = []
        for tp, fetched in records.items():
            tp = TP(*tp)
            if active is None or tp in active or tp in self._buffered_partitions:
                wanted = await self._in_sequence(tp, fetched)
                queues.append([(tp, part) for part in self.cut.slices(wanted)])
        for tp, part in _round_robin(queues):
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return  # what was not delivered is fetched again after the seek
            message = self._message(tp, part, generation)
            self.prefixes.setdefault(tp, Prefix(committed=self._committed_offset[tp])).add(message)
            self._expected[tp] = message.last_offset + 1
            if self._commit_every is not None and self._n_acked >= self._commit_every:
                self._n_acked = 0
                await self.commit()
            await cast(Any, self).wait_first(cast(Any, self).callback(message), self.suspend_flow.wait())
            self._read_offset[tp] = message.last_offset

    async def _in_sequence(self, tp: TP, fetched: Sequence[Fetched]) -> Sequence[Fetched]:
        """The records without those that were read already; nothing when there is a hole to go back for.

        A hole is either real (compaction, transaction markers, retention) or a race that would skip records. Go back
        and ask once: if it is still there, it is real.
        """
        read = self._read_offset[tp]
        if read is not None and fetched[0].offset < read:
            fetched = [record for record in fetched if record.offset >= read]
            if not fetched:
                return fetched
        expected = self._expected.get(tp)
        if expected is None or fetched[0].offset <= expected:
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            return fetched
        gap = (expected, fetched[0].offset)
        if self._asked_again.get(tp) == gap:
            return fetched
        self._asked_again[tp] = gap
        self.log.warning("%s: expected offset %s and got %s; asking once more", tp, *gap)
        await self.seek(tp, expected)
        return ()

    def _message(self, tp: TP, part: Sequence[Fetched], generation: int) -> ChunkMessage:
        last = part[-1]
        chunk = Chunk(tp, part)
        message = ChunkMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, 0, None, None, cast(Any, chunk), None, 0, 0, tp,
            generation_id=generation,
        )  # fmt: skip
        message.first_offset, message.last_offset = chunk.first_offset, chunk.last_offset
        chunk.on_given_up = lambda: self._forget(message)
        return message


def _round_robin(
    queues: Iterable[list[tuple[TP, Sequence[Fetched]]]],
) -> Iterator[tuple[TP, Sequence[Fetched]]]:
    """One chunk of each partition in turn, so that one backlog does not starve the others."""
    for row in zip_longest(*queues):
        yield from (entry for entry in row if entry is not None)


class ChunkTransport(driver.Transport):
    """Kafka through aiokafka, a chunk at a time."""

    Consumer = ChunkConsumer

    def __init__(self, *args: Any, cut: Cut, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cut = cut


def chunk_topic(app: faust.App, *names: str, waiting: int) -> Any:
    """A topic of chunks, with at most ``waiting`` of them between fetching and work."""
    topic = cast(Any, app).topic(*names, schema=ChunkSchema())
    topic.maxsize = waiting  # app.topic() takes a maxsize and drops it (faust-streaming 0.15.3)
    return topic
