"""Money is booked before a call and settled after it, out of lots that all workers see.

A worker writes down a lot for some calls ahead, then reads what everybody has booked: whoever came second sees the
first. What is too much is given back before it is spent, so the budgets hold whoever else books at the same moment. A
worker that is killed leaves its lot booked: rather a little too little is spent than too much.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from uuid import uuid4

from monitor.model import NOTHING, Expense, Lot, Missing, Spent, Unjudged
from monitor.policy import HOUR_MS, Limits, affordable
from monitor.ports import Treasury

Clock = Callable[[], float]
"""Seconds since 1970."""

_AHEAD = 64
"""Calls that one lot may be for."""
_PART = 8
"""A lot is at most this part of what is left, so that others have something too."""
_REFUSED_FOR = 5.0
"""Seconds for which a refusal stands before the books are read again."""
TOTAL = "*"
"""Stands for all applications together."""


@dataclass(slots=True)
class _Open:
    """A lot that calls are paid from."""

    lot: Lot
    left: Expense
    spent: Expense = NOTHING
    """By calls that are done."""
    under_way: int = 0
    set_aside: Expense = NOTHING
    """For calls under way."""
    closed: bool = False

    def settled(self) -> Lot:
        """The lot as it is to be written down once it is closed."""
        return replace(self.lot, expense=self.spent + self.set_aside, settled=not self.under_way)


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to make one call."""

    expense: Expense
    paid_from: _Open | None


@dataclass(slots=True)
class Bookings:
    """What one worker may spend."""

    limits: Mapping[str, Limits]
    """By application."""
    default: Limits
    """For every application that has none of its own."""
    total: Limits
    """For all of them together."""
    treasury: Treasury
    clock: Clock
    _open: dict[str, _Open] = field(default_factory=dict[str, _Open])
    _refused: dict[str, float] = field(default_factory=dict[str, float])
    _changed: list[_Open] = field(default_factory=list["_Open"])
    """Closed lots that are to be written down again."""
    _booking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def book(self, app: str, expense: Expense) -> Ticket:
        """The right to spend as much, at once.

        Args:
            app: whose budget pays.
            expense: the most that the call can cost.

        Raises:
            Unjudged: the budget has no more; nothing was spent.
            Unavailable: the books cannot be read.
        """
        limits = self.limits.get(app, self.default)
        if not (limits.any or self.total.any):
            return Ticket(expense, None)
        while True:
            hour_ms = int(self.clock() * 1000) // HOUR_MS * HOUR_MS
            lot = self._open.get(app)
            if lot and lot.lot.hour_ms == hour_ms and _covers(lot.left, expense):
                lot.left -= expense
                lot.set_aside += expense
                lot.under_way += 1
                return Ticket(expense, lot)
            async with self._booking:
                if self._open.get(app) is lot:  # nobody has opened another meanwhile
                    await self._reopen(app, limits, hour_ms, expense)

    def settle(self, ticket: Ticket, spent: Expense) -> None:
        """Say what the call really cost; what is left over goes back."""
        lot = ticket.paid_from
        if lot is None:
            return
        lot.set_aside -= ticket.expense
        lot.under_way -= 1
        lot.spent += spent
        if lot.closed:
            self._changed.append(lot)
        else:
            lot.left += ticket.expense - spent

    async def write_down(self) -> None:
        """Write down what closed lots have come to.

        Raises:
            Unavailable: it is still to be done, and will be tried again.
        """
        changed, self._changed = self._changed, []
        try:
            await self.treasury.book([lot.settled() for lot in {id(lot): lot for lot in changed}.values()])
        except BaseException:
            self._changed += changed
            raise

    async def close(self) -> None:
        """Give back what is left.

        Raises:
            Unavailable: it stays booked.
        """
        for app in list(self._open):
            self._close(app)
        if self._changed:
            await self.write_down()

    def _close(self, app: str) -> None:
        if lot := self._open.pop(app, None):
            lot.closed = True
            self._changed.append(lot)

    async def _reopen(self, app: str, limits: Limits, hour_ms: int, expense: Expense) -> None:
        self._close(app)
        now = self.clock()
        if self._refused.get(app, 0.0) > now:
            raise Unjudged(Missing.OVER_BUDGET, "the budget is spent")
        if self._changed:
            await self.write_down()
        for ahead in (_AHEAD, 1):  # beside others who book at this moment there may be room for a small lot only
            if lot := await self._booked(app, limits, hour_ms, expense, ahead):
                self._open[app] = _Open(lot, lot.expense)
                return
        self._refused[app] = now + _REFUSED_FOR
        raise Unjudged(Missing.OVER_BUDGET, "the budget is spent")

    async def _booked(self, app: str, limits: Limits, hour_ms: int, expense: Expense, ahead: int) -> Lot | None:
        """A lot for as many calls ahead as there is room for; None where there is none."""
        lot = Lot(id=uuid4(), app=app, hour_ms=hour_ms, expense=expense * ahead)
        try:
            await self.treasury.book([lot])
            count = min(self._granted(app, limits, lot, expense, await self.treasury.spent(hour_ms)), ahead)
            if count < ahead:
                lot = replace(lot, expense=expense * count, settled=not count)
                await self.treasury.book([lot])
        except BaseException:
            self._changed.append(_Open(lot, NOTHING, closed=True))  # whatever was written: it is given back
            raise
        return lot if count else None

    def _granted(self, app: str, limits: Limits, lot: Lot, one: Expense, books: Mapping[str, Spent]) -> int:
        """How many calls the lot may be for, with what everybody else has booked."""
        ours = Spent(lot.expense, lot.expense)
        mine = books.get(app, ours) - ours
        everybody = sum((spent for spent in books.values()), Spent()) - ours
        most = min(affordable(limits, mine, one), affordable(self.total, everybody, one))
        return int(min(_AHEAD, max(most // _PART, min(most, 1))))  # most may be infinite


def _covers(left: Expense, expense: Expense) -> bool:
    rounding = 1e-12
    return left.calls >= expense.calls and left.tokens >= expense.tokens and left.money >= expense.money - rounding
