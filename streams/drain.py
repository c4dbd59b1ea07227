"""The one loop that owns acks: chunk → work → settle → ack.

The data is to blame: the stage buries it and goes on. The outside is to blame (``Unavailable``): the chunk is held with
back-off while Kafka holds the rest. Anything else is a bug of ours: nothing is acked, and the process ends at once, so
that a supervisor starts it again and Kafka delivers the chunk again.
"""

import asyncio
import logging
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from monitor import metrics
from monitor.errors import Unavailable
from monitor.model import Record
from monitor.ports import Meter

from .chunks import Chunk

BUG = 70
"""Exit code of a worker that met a bug of its own (EX_SOFTWARE of sysexits)."""

log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Stage(Protocol[Result]):
    """One hop: decides, then makes what it decided durable."""

    async def work(self, records: list[Record], /) -> Result:
        """Decide; raises Unavailable while nothing is decided yet."""
        ...

    async def settle(self, result: Result, /) -> None:
        """Make it durable; safe to repeat after Unavailable."""
        ...


class ChunkEvent(Protocol):
    """What we use of a Faust event."""

    value: Chunk

    def ack(self) -> bool: ...


@dataclass(slots=True)
class Health:
    """What a readiness probe and a person want to know of a worker."""

    holding: dict[int, str] = field(default_factory=dict[int, str])
    """Chunks that are held, by identity, each with what is away."""
    last_error: str = ""
    last_error_at: float = 0.0
    """Wall-clock time, for people."""
    chunks_done: int = 0
    lag: dict[str, int] = field(default_factory=dict[str, int])
    """Records not yet done with, by partition."""

    @property
    def ready(self) -> bool:
        return not self.holding

    def report(self) -> dict[str, object]:
        """All of it, as JSON."""
        return {
            "ready": self.ready,
            "holding": sorted(set(self.holding.values())),
            "last_error": self.last_error,
            "last_error_at": self.last_error_at,
            "chunks_done": self.chunks_done,
            "lag": self.lag,
        }

    def failed(self, message: str) -> None:
        """Remember what went wrong last."""
        self.last_error, self.last_error_at = message, time.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """How long to wait between two attempts: doubling, with jitter, unless the other side says how long."""

    first: float = 0.2
    most: float = 10.0

    def pause(self, attempt: int, asked: float | None) -> float:
        """Seconds to wait after the given number of failed attempts."""
        if asked is not None:
            return min(asked, self.most)
        return min(self.first * 2 ** min(attempt, 16), self.most) * random.uniform(0.7, 1.0)


def crash(error: BaseException) -> None:
    """End the process without asking anybody: Faust's own ways out can hang, and would commit on their way."""
    log.critical("a bug: this worker ends, and its chunks come back", exc_info=error)
    logging.shutdown()
    os._exit(BUG)


@dataclass(slots=True)
class Drain:
    """Runs chunks through a stage: work in order, settling side by side, acks by nobody else."""

    stage: Stage[Any]
    meter: Meter
    health: Health
    in_flight: int = 4
    """Chunks that may be settling at once."""
    back_off: BackOff = BackOff()
    on_bug: Callable[[BaseException], None] = crash
    _settling: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def run(self, events: AsyncIterator[ChunkEvent]) -> None:
        """Take events until there are no more."""
        self.meter.gauge(metrics.HOLDING, 0)
        room = asyncio.Semaphore(self.in_flight)
        async for event in events:
            chunk = event.value
            if chunk.leaving.is_set():
                chunk.give_up()
                continue
            chunk.begun = True
            await room.acquire()
            records = chunk.records()
            worked = await self._hold(chunk, lambda records=records: self.stage.work(records))
            if chunk.given_up:
                room.release()
                continue
            task = asyncio.create_task(self._settle(event, chunk, worked))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
            task.add_done_callback(lambda _: room.release())
        await asyncio.gather(*self._settling)

    async def _settle(self, event: ChunkEvent, chunk: Chunk, worked: Any) -> None:
        await self._hold(chunk, lambda: self.stage.settle(worked))
        if not chunk.given_up:
            event.ack()
            self.health.chunks_done += 1

    async def _hold(self, chunk: Chunk, attempt: Callable[[], Any]) -> Any:
        """The attempt's result, however often it takes; None when the chunk was given up meanwhile."""
        attempts = 0
        try:
            while True:
                try:
                    return await attempt()
                except Unavailable as error:
                    self._held(chunk, error, attempts)
                    if await _set_within(chunk.leaving, self.back_off.pause(attempts, error.retry_after)):
                        chunk.give_up()
                        return None
                    attempts += 1
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  a bug, whatever it is
            self.health.failed(f"bug: {error!r}")
            self.on_bug(error)
            chunk.give_up()
            return None
        finally:
            self._let_go(chunk)

    def _held(self, chunk: Chunk, error: Unavailable, attempts: int) -> None:
        if not attempts:
            log.warning("holding %s from offset %s: %s", chunk.tp, chunk.first_offset, error)
        self.health.failed(str(error))
        self.health.holding[id(chunk)] = str(error)
        self.meter.count(metrics.HELD, (error.system,))
        self.meter.gauge(metrics.HOLDING, len(self.health.holding))

    def _let_go(self, chunk: Chunk) -> None:
        if self.health.holding.pop(id(chunk), None) is not None:
            self.meter.gauge(metrics.HOLDING, len(self.health.holding))


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
