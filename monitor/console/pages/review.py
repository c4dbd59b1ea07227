"""The review page: one item a screen, everything by keys."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, cast

import msgspec
from fastapi import Request
from nicegui import Client, ui
from nicegui.events import GenericEventArguments

from monitor.console.auth import login_path
from monitor.console.parts import Console
from monitor.errors import Unavailable
from monitor.model import User
from monitor.reviews import InvalidAnswers, Refused

from . import screen
from .desk import Desk, View
from .form import Filled, answers_of
from .shift import Shift

PATH = "/review"
_LOOK_SECONDS = 2.0
"""How often the desk is looked at while there is nothing to do."""
_GONE = frozenset({"late", "done", "twice", "not_opened", "erased", "unknown", "taken"})
"""Refusals after which nothing is left but to go on."""
_LONGEST_COMMENT = 10_000


class _Opens(Protocol):
    """What we use of a client, which types where it goes in part."""

    def open(self, path: str) -> None: ...


class _Said(msgspec.Struct, frozen=True):
    """What a browser tells."""

    serial: int = -1
    answers: dict[str, str] = {}
    comment: str = ""
    cannot_tell: bool = False
    reason: str = ""


@dataclass(slots=True)
class ReviewPage:
    """One open page."""

    console: Console
    shift: Shift
    desk: Desk
    client: Client
    serial: int = 0
    away: bool = False
    """Whether the store was away when it was asked last."""
    _pace: str = ""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Keys come faster than the store answers: one thing after another."""

    def listen(self) -> None:
        """Do what the browser tells."""
        acts: dict[str, Callable[[_Said], Awaitable[None]]] = {
            "submit": self._submit,
            "skip": self._skip,
            "undo": self._undo,
            "correct": self._correct,
            "renew": self._renew,
            "next": self._next,
        }
        for name, act in acts.items():
            self.desk.on(name, self._handler(act))
        ui.timer(_LOOK_SECONDS, self.look)

    async def begin(self) -> None:
        """Show the first item."""
        try:
            await self.shift.take()
        except Unavailable:
            self.away = True
        self.show()

    async def look(self) -> None:
        """Take what came while there was nothing to do, and tell what is left."""
        if self._lock.locked() or not await self._allowed():
            return
        async with self._lock:
            if self.shift.item is None:
                await self._take_again()
            pace = str(screen.top(self.shift))
            if pace != self._pace:
                self._pace = pace
                self.desk.report(pace)

    def show(self, *, settled: str = "", says: str = "") -> None:
        """Draw where the reviewer stands."""
        self.serial += 1
        shift, item = self.shift, self.shift.item
        self._pace = str(screen.top(shift))
        main = screen.AWAY if self.away else screen.main(shift, self.console.settings.reviewing.show_judge)
        self.desk.show(
            View(
                serial=self.serial,
                item=item.id.hex if item else "",
                main=str(main),
                pace=self._pace,
                lease_ms=self._lease_ms,
                settled=settled,
                says=says or ("" if item else "Nothing is left to review"),
            )
        )

    @property
    def _lease_ms(self) -> int:
        until_ms = self.shift.until_ms
        return max(until_ms - self.shift.collect.now_ms, 1) if until_ms else 0

    def _handler(self, act: Callable[[_Said], Awaitable[None]]) -> Callable[[GenericEventArguments], Awaitable[None]]:
        async def handle(event: GenericEventArguments) -> None:
            try:
                said = msgspec.convert(event.args, _Said)
            except msgspec.ValidationError:
                return
            async with self._lock:
                if said.serial == self.serial and await self._allowed():
                    await self._answered(act, said)

        return handle

    async def _answered(self, act: Callable[[_Said], Awaitable[None]], said: _Said) -> None:
        try:
            await act(said)
        except InvalidAnswers as error:
            self.desk.refuse(f"Not complete: {error}")
        except Refused as refused:
            self.desk.refuse(_sentence(str(refused)), onward=refused.reason in _GONE)
        except Unavailable:
            self.desk.refuse("The store does not answer. Nothing is lost: try again in a moment.")

    async def _submit(self, said: _Said) -> None:
        item = self.shift.item
        if item is None:
            return
        fields = screen.posed(self.console.collect, item).fields
        answers = {} if said.cannot_tell else answers_of(fields, said.answers)
        correcting = self.shift.correcting
        comment = said.comment.strip()[:_LONGEST_COMMENT]
        await self.shift.submit(Filled(answers=answers, comment=comment, cannot_tell=said.cannot_tell))
        await self._onward(item.id.hex, "Corrected" if correcting else "Submitted")

    async def _skip(self, said: _Said) -> None:
        item = self.shift.item
        if item is None:
            return
        if not said.reason.strip():
            raise Refused("reason", "say why you skip it")
        await self.shift.skip(said.reason.strip()[:500])
        await self._onward(item.id.hex, "Skipped")

    async def _undo(self, said: _Said) -> None:
        await self.shift.undo()
        self.show(says="Taken back: here it is again")

    async def _correct(self, said: _Said) -> None:
        await self.shift.correct()
        self.show(says="Correcting the last one")

    async def _renew(self, said: _Said) -> None:
        await self.shift.renew()
        self.desk.extend(self.serial, self._lease_ms)

    async def _next(self, said: _Said) -> None:
        await self._onward("", "")

    async def _onward(self, settled: str, says: str) -> None:
        """What was done is durable; if the next item cannot be had now, that is told, and tried again."""
        self.shift.item, self.shift.correcting = None, False
        try:
            await self.shift.take()
            self.away = False
        except Unavailable:
            self.away = True
        self.show(settled=settled, says=says)

    async def _take_again(self) -> None:
        was_away = self.away
        try:
            await self.shift.take()
            self.away = False
        except (Unavailable, Refused):
            self.away = True
        if self.shift.item is not None or was_away != self.away:
            self.show(says="A new item" if self.shift.item else "")

    async def _allowed(self) -> bool:
        """Sessions end while pages are open: whoever has none any more is asked to log in again."""
        if await signed_in(self.console, self.client.request) is not None:
            return True
        cast(_Opens, self.client).open(login_path(PATH))
        return False


async def signed_in(console: Console, request: Request) -> User | None:
    """Who sends a request; nobody as long as nobody is known."""
    try:
        return await console.auth.current_user(request)
    except Unavailable:
        return None


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
