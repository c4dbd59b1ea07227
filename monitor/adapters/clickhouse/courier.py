"""Rows on their way into tables: what arrives while an insert is under way goes into the next one together."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

Rows = Mapping[str, Sequence[bytes]]
"""Encoded rows, by table."""


@dataclass(slots=True)
class _Parcel:
    """Encoded rows of one write, and who waits for them."""

    rows: Rows
    done: asyncio.Future[None]

    @property
    def size(self) -> int:
        return max(map(len, self.rows.values()), default=0)


@dataclass(slots=True)
class Courier:
    """Takes rows, and says when they are durable."""

    insert: Callable[[Rows], Awaitable[None]]
    """All of it or an error; safe to repeat."""
    most_rows: int = 8_000
    """Of a table in one insert; a write of more goes alone."""
    pause: float = 0.0
    """Seconds between inserts: small writes that come one by one would make too many parts."""
    _waiting: list[_Parcel] = field(default_factory=list[_Parcel])
    _task: asyncio.Task[None] | None = None

    async def deliver(self, rows: Rows) -> None:
        """Return once the rows are durable; raises what the insert raises."""
        parcel = _Parcel(rows, asyncio.get_running_loop().create_future())
        self._waiting.append(parcel)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._deliver())
        await parcel.done

    async def close(self) -> None:
        """Give up what is under way."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _deliver(self) -> None:
        while self._waiting:
            if self.pause:
                await asyncio.sleep(self.pause)
            load = self._next_load()
            try:
                await self.insert(_together(load))
            except BaseException as error:
                for parcel in load:
                    if not parcel.done.done():
                        parcel.done.set_exception(error)
                if not isinstance(error, Exception):
                    raise
            else:
                for parcel in load:
                    if not parcel.done.done():
                        parcel.done.set_result(None)

    def _next_load(self) -> list[_Parcel]:
        rows, size = 0, 0
        for size, parcel in enumerate(self._waiting):
            rows += parcel.size
            if rows > self.most_rows and size:
                break
        else:
            size += 1
        load, self._waiting = self._waiting[:size], self._waiting[size:]
        return load


def _together(load: Sequence[_Parcel]) -> dict[str, list[bytes]]:
    rows: dict[str, list[bytes]] = {}
    for parcel in load:
        for table, those in parcel.rows.items():
            rows.setdefault(table, []).extend(those)
    return rows
