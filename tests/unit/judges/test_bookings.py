"""Money is booked before a call and settled after it, by several workers out of the same books."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.memory import MemoryJudging
from monitor.errors import Unavailable
from monitor.model import Expense, Lot, Missing, Unjudged
from monitor.pipeline.bookings import Bookings, Ticket
from monitor.policy import DAY_MS, HOUR_MS, Limits
from tests.builders import NOON_MS, make_bookings

CALL = Expense(1, 100, 0.1)


@dataclass
class Books(MemoryJudging):
    """Books that take their time, so that workers get in between each other, and that may be away."""

    chance: Random = field(default_factory=lambda: Random(0))
    away: set[str] = field(default_factory=set[str])

    async def _think(self, what: str) -> None:
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0)
        if what in self.away:
            raise Unavailable("store", "away")

    async def book(self, lots: Sequence[Lot], /) -> None:
        await self._think("book")
        await MemoryJudging.book(self, lots)
        await self._think("after")

    async def spent(self, hour_ms: int, /) -> Any:
        await self._think("spent")
        return await MemoryJudging.spent(self, hour_ms)


@dataclass
class Hand:
    """A clock that is turned by hand."""

    ms: int = NOON_MS

    def __call__(self) -> float:
        return self.ms / 1000


async def booked(bookings: Bookings, count: int, app: str = "app", one: Expense = CALL) -> list[Ticket]:
    """As many tickets as there are, at most so many."""
    tickets: list[Ticket] = []
    for _ in range(count):
        with contextlib.suppress(Unjudged):
            tickets.append(await bookings.book(app, one))
    return tickets


def total(books: MemoryJudging, app: str = "app") -> Expense:
    return sum((lot.expense for lot in books.lots.values() if lot.app == app), Expense())


async def test_without_limits_nothing_is_written() -> None:
    books = MemoryJudging()

    assert len(await booked(make_bookings(books), 500)) == 500
    assert books.lots == {}


async def test_a_budget_ends_with_a_reason() -> None:
    bookings = make_bookings(calls_per_hour=10)

    tickets = await booked(bookings, 10)

    assert len(tickets) == 10
    with pytest.raises(Unjudged, match="the budget is spent") as caught:
        await bookings.book("app", CALL)
    assert caught.value.missing is Missing.OVER_BUDGET


@pytest.mark.parametrize(
    "limit",
    [
        {"calls_per_hour": 40}, {"calls_per_day": 40}, {"tokens_per_hour": 4_000}, {"tokens_per_day": 4_099},
        {"money_per_hour": 4.0}, {"money_per_day": 4.05}, {"calls_per_hour": 400, "money_per_day": 4.0},
    ],
)  # fmt: skip
async def test_every_limit_holds_to_the_last_call(limit: dict[str, Any]) -> None:
    assert len(await booked(make_bookings(**limit), 60)) == 40


async def test_a_call_is_in_the_books_before_it_is_made() -> None:
    books = MemoryJudging()

    await make_bookings(books, calls_per_hour=1_000).book("app", CALL)

    assert total(books).calls >= 1


@pytest.mark.parametrize("budget", [0, 1, 7, 63, 64, 65, 129, 500])
async def test_two_workers_share_a_budget_and_leave_hardly_anything(budget: int) -> None:
    books = MemoryJudging()
    one, other = (make_bookings(books, calls_per_hour=budget) for _ in range(2))

    tickets = [ticket for _ in range(300) for worker in (one, other) for ticket in await booked(worker, 1)]

    assert len(tickets) <= budget
    assert len(tickets) >= budget - budget // 4


@given(st.integers(0, 300), st.integers(1, 5), st.integers(0, 10_000), st.integers(1, 3))
async def test_however_workers_get_in_between_each_other_a_budget_is_never_passed(
    budget: int, workers: int, seed: int, apps: int
) -> None:
    books = Books(chance=Random(seed))
    total_of_all = Limits(calls_per_hour=budget)
    crowd = [
        Bookings(limits={}, default=Limits(calls_per_hour=budget // 2 + 1), total=total_of_all, treasury=books,
                 clock=Hand())
        for _ in range(workers)
    ]  # fmt: skip

    async def work(bookings: Bookings, app: str) -> int:
        tickets = await booked(bookings, 100, app)
        for ticket in tickets[::2]:
            bookings.settle(ticket, ticket.expense)
        return len(tickets)

    counts = await asyncio.gather(*(work(one, f"app{app}") for one in crowd for app in range(apps)))

    assert sum(counts) <= budget
    assert all(sum(counts[app::apps]) <= budget // 2 + 1 for app in range(apps))


async def test_workers_who_collide_over_the_last_calls_do_not_both_leave_empty_handed() -> None:
    books = Books()
    crowd = [make_bookings(books, calls_per_hour=60) for _ in range(4)]

    tickets = await asyncio.gather(*(booked(one, 1) for one in crowd))

    assert sum(map(len, tickets)) >= 2


async def test_what_a_call_did_not_take_goes_back() -> None:
    bookings = make_bookings(tokens_per_hour=1_000)

    for _ in range(50):
        ticket = await bookings.book("app", Expense(1, 500, 0))
        bookings.settle(ticket, Expense(1, 10, 0))

    assert (await bookings.treasury.spent(NOON_MS))["app"].hour.tokens <= 1_000


async def test_what_a_call_took_stays_spent_when_all_is_closed() -> None:
    books = MemoryJudging()
    bookings = make_bookings(books, calls_per_hour=100, money_per_hour=100)
    tickets = await booked(bookings, 3)

    for ticket in tickets[:2]:
        bookings.settle(ticket, Expense(1, 40, 0.05))
    await bookings.close()
    under_way = {lot.settled for lot in books.lots.values()}, *astuple(total(books))
    bookings.settle(tickets[2], Expense(1, 40, 0.05))
    await bookings.write_down()

    assert under_way == ({False}, 3, 180, pytest.approx(0.2))
    assert astuple(total(books)) == (3, 120, pytest.approx(0.15))
    assert {lot.settled for lot in books.lots.values()} == {True}


async def test_a_call_that_took_more_than_was_booked_is_counted_in_full() -> None:
    books = MemoryJudging()
    bookings = make_bookings(books, tokens_per_hour=100_000)

    ticket = await bookings.book("app", CALL)
    bookings.settle(ticket, Expense(1, 5_000, 0))
    await bookings.close()

    assert total(books).tokens == 5_000


async def test_a_worker_that_is_killed_leaves_its_lot_booked() -> None:
    books = MemoryJudging()
    killed = make_bookings(books, calls_per_hour=100)
    await killed.book("app", CALL)
    lost = total(books).calls

    tickets = await booked(make_bookings(books, calls_per_hour=100), 200)

    assert lost > 1
    assert len(tickets) == 100 - lost


async def test_a_new_hour_is_a_new_budget_within_the_day() -> None:
    hand = Hand()
    bookings = make_bookings(clock=hand, calls_per_hour=10, calls_per_day=15)

    counts: list[int] = []
    for step in (0, HOUR_MS, HOUR_MS, 12 * HOUR_MS):
        hand.ms += step
        counts.append(len(await booked(bookings, 20)))

    assert counts == [10, 5, 0, 10]


async def test_a_call_over_the_turn_of_the_hour_is_settled_in_the_hour_it_began_in() -> None:
    books, hand = MemoryJudging(), Hand()
    bookings = make_bookings(books, clock=hand, calls_per_hour=10)
    ticket = await bookings.book("app", CALL)
    hand.ms += HOUR_MS

    await bookings.book("app", CALL)
    bookings.settle(ticket, Expense(1, 7, 0))
    await bookings.close()

    of_noon = [lot for lot in books.lots.values() if lot.hour_ms == NOON_MS]
    assert [(lot.expense, lot.settled) for lot in of_noon] == [(Expense(1, 7, 0), True)]


async def test_a_refusal_is_asked_about_again_after_a_while() -> None:
    books, hand = MemoryJudging(), Hand()
    mine, other = (make_bookings(books, clock=hand, tokens_per_hour=1_000) for _ in range(2))
    (ticket,) = await booked(other, 1, one=Expense(1, 1_000, 0))
    refused = await booked(mine, 1)

    other.settle(ticket, Expense(1, 10, 0))
    await other.close()
    at_once = await booked(mine, 1)
    hand.ms += 6_000

    assert (refused, at_once) == ([], [])
    assert len(await booked(mine, 1)) == 1


async def test_an_application_of_its_own_has_limits_of_its_own() -> None:
    bookings = Bookings(
        limits={"shop": Limits(calls_per_hour=3)}, default=Limits(calls_per_hour=5),
        total=Limits(calls_per_hour=7), treasury=MemoryJudging(), clock=Hand(),
    )  # fmt: skip

    assert [len(await booked(bookings, 20, app)) for app in ("shop", "bot", "other")] == [3, 4, 0]


async def test_calls_side_by_side_open_one_lot() -> None:
    books = Books()
    bookings = make_bookings(books, calls_per_hour=10_000)

    await asyncio.gather(*(bookings.book("app", CALL) for _ in range(60)))

    assert len(books.lots) == 1


@pytest.mark.parametrize("away", ["book", "after", "spent"])
async def test_books_that_are_away_cost_nothing_of_the_budget(away: str) -> None:
    books = Books(away={away})
    bookings = make_bookings(books, calls_per_hour=70)

    for _ in range(5):
        with pytest.raises(Unavailable):
            await bookings.book("app", CALL)
    books.away.clear()

    assert len(await booked(bookings, 100)) == 70


async def test_what_could_not_be_written_down_is_written_down_later() -> None:
    books = Books()
    bookings = make_bookings(books, calls_per_hour=100)
    bookings.settle(await bookings.book("app", CALL), CALL)
    books.away.add("book")

    with pytest.raises(Unavailable):
        await bookings.close()
    books.away.clear()
    await bookings.close()

    assert total(books) == CALL


async def test_the_hour_is_that_of_the_moment_of_booking() -> None:
    books, hand = Books(), Hand(NOON_MS // DAY_MS * DAY_MS + 23 * HOUR_MS)
    bookings = make_bookings(books, clock=hand, calls_per_day=5)
    await booked(bookings, 9)
    hand.ms += HOUR_MS

    assert len(await booked(bookings, 9)) == 5
    assert {lot.hour_ms % DAY_MS for lot in books.lots.values()} == {23 * HOUR_MS, 0}
