"""A judge's endpoint as one worker sees it: how to treat it, and how it is doing."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from monitor.policy import Breaker, Circuit, Price, Rate, Width
from monitor.ports import Judge

from .bookings import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an endpoint is treated."""

    name: str
    model: str
    attempts: int = 4
    """Calls for one question, refusals by rate included."""
    patience: float = 120.0
    """Seconds until a question that cannot be asked is given up."""
    first_pause: float = 0.5
    longest_pause: float = 20.0
    concurrency: int = 32
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    breaker: Breaker
    price: Price


@dataclass(slots=True)
class Endpoint:
    """A judge's endpoint: how to ask it, and how it is doing."""

    manner: Manner
    judge: Judge
    clock: Clock
    """Any steady one."""
    width: Width = field(init=False)
    circuit: Circuit = field(init=False)
    requests: Rate | None = field(init=False)
    tokens: Rate | None = field(init=False)
    under_way: int = 0
    _waiting: "deque[asyncio.Future[None]]" = field(default_factory=lambda: deque["asyncio.Future[None]"]())
    _returning: "deque[asyncio.Future[None]]" = field(default_factory=lambda: deque["asyncio.Future[None]"]())
    """Whose question has been asked before; they come first, so that what is begun comes to an end."""

    def __post_init__(self) -> None:
        manner = self.manner
        self.width = Width(manner.concurrency)
        self.circuit = Circuit(manner.breaker)
        self.requests = Rate(manner.requests_per_minute) if manner.requests_per_minute else None
        self.tokens = Rate(manner.tokens_per_minute) if manner.tokens_per_minute else None

    @asynccontextmanager
    async def room(self, *, returning: bool = False) -> AsyncGenerator[None]:
        """One of the calls at once, for the length of a block; who returns comes first, then who waits longest."""
        await self._enter(self._returning if returning else self._waiting)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, line: "deque[asyncio.Future[None]]") -> None:
        if self.under_way < self.width.calls and not (self._returning or self._waiting):
            self.under_way += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        self.under_way -= 1
        while (line := self._returning or self._waiting) and self.under_way < self.width.calls:
            turn = line.popleft()
            if not turn.done():
                self.under_way += 1
                turn.set_result(None)

    def due(self, tokens: float) -> float:
        """Seconds to wait for the rates, which are taken from by this."""
        now = self.clock()
        return max(
            self.requests.wait(1, now) if self.requests else 0.0,
            self.tokens.wait(tokens, now) if self.tokens else 0.0,
        )


def same_model(asked: str, said: str) -> bool:
    """Whether an endpoint's name for its model fits the one that was asked for.

    Endpoints add dates to names, or cut off the path of a file.

    >>> same_model("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"), same_model("gpt-4.1-mini", "gpt-4.1-nano")
    (True, False)
    """
    asked, said = asked.lower(), said.lower()
    short = asked.rsplit("/", 1)[-1]
    return (
        said == asked or said.rsplit("/", 1)[-1] == short or bool(re.fullmatch(rf"{re.escape(short)}[-@:][\d-]+", said))
    )
