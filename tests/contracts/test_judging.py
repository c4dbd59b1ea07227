"""One suite for every place where judgements, opinions and bookings are kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from monitor.adapters.clickhouse import ClickHouseJudging
from monitor.adapters.clickhouse.client import connect
from monitor.adapters.memory import MemoryJudging
from monitor.build import address, migrations
from monitor.errors import Unavailable
from monitor.model import Controlled, Expense, Lot, Point, Source, Spent
from monitor.policy import DAY_MS, HOUR_MS
from monitor.settings import load
from tests.builders import NOON_MS, make_bookings, make_judgement, make_opinion, make_settings
from tests.servers import Servers

Judging = MemoryJudging | ClickHouseJudging
ODD = "\x00 \u202e \u200b \U0001f9ff \\ \" ' \t"


@dataclass
class Kept:
    """A place to keep judging in, and what lies there."""

    judging: Judging
    opinions: Callable[[], Awaitable[list[tuple[Any, ...]]]]
    """Sample, scorer, version, attempt, value, missing."""
    controls: Callable[[], Awaitable[list[tuple[Any, ...]]]]
    """Judge, item, passed, missing."""


@pytest.fixture(params=["memory", "clickhouse"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[Kept]:
    if request.param == "memory":
        memory = MemoryJudging()

        async def opinions_in_memory() -> list[tuple[Any, ...]]:
            rows = memory.opinions.values()
            return sorted(((o.sample, o.scorer, o.version, o.attempt, o.value, o.missing) for o in rows), key=str)

        async def controls_in_memory() -> list[tuple[Any, ...]]:
            return sorted(((c.judge, c.item, c.passed, c.missing) for c in memory.controls.values()), key=str)

        yield Kept(memory, opinions_in_memory, controls_in_memory)
        return
    servers: Servers = request.getfixturevalue("servers")
    settings = load(None, servers.environment())
    migrations(settings).apply()
    judging = ClickHouseJudging(address(settings))

    def rows(question: str) -> list[tuple[Any, ...]]:
        return sorted((tuple(row) for row in connect(address(settings)).query(question).result_rows), key=str)

    async def opinions() -> list[tuple[Any, ...]]:
        columns = "sample_id, scorer, version, attempt, value, missing"
        return rows(f"SELECT {columns} FROM scores FINAL WHERE source = 'judge'")

    async def controls() -> list[tuple[Any, ...]]:
        return rows("SELECT judge, item, passed, missing FROM controls FINAL")

    yield Kept(judging, opinions, controls)
    await judging.close()


def make_lot(number: int = 1, **said: Any) -> Lot:
    ordinary: dict[str, Any] = {"id": UUID(int=number), "app": "app", "hour_ms": NOON_MS, "expense": Expense(8, 900, 1)}
    return Lot(**(ordinary | said))


def make_controlled(number: int = 1, **said: Any) -> Controlled:
    ordinary: dict[str, Any] = {
        "judge": "j", "version": "v", "item": UUID(int=5), "beside": UUID(int=number), "passes": True, "passed": True,
        "at_ms": NOON_MS,
    }  # fmt: skip
    return Controlled(**(ordinary | said))


async def test_a_judgement_that_is_kept_is_known_as_it_was(kept: Kept) -> None:
    judgement = make_judgement(reply=f'{{"explanation": {ODD!r}}}', judge=ODD, tokens_in=2**31, cost=1e-9)
    await kept.judging.keep(judgement)

    known = await kept.judging.known([UUID(int=1), UUID(int=2), UUID(int=1)])

    assert known == {UUID(int=1): judgement}


async def test_of_nothing_nothing_is_known(kept: Kept) -> None:
    assert await kept.judging.known([]) == {}
    assert await kept.judging.known([UUID(int=9)]) == {}


async def test_what_was_paid_for_first_stays(kept: Kept) -> None:
    first = make_judgement(sample=UUID(int=7), asked_ms=NOON_MS)
    await kept.judging.keep(first)
    await kept.judging.keep(make_judgement(sample=UUID(int=8), asked_ms=NOON_MS + 60_000, reply="{}"))

    assert await kept.judging.known([first.content]) == {first.content: first}


async def test_many_are_kept_side_by_side_and_asked_about_at_once(kept: Kept) -> None:
    judgements = [make_judgement(n) for n in range(2_500)]

    await asyncio.gather(*(kept.judging.keep(one) for one in judgements))

    assert await kept.judging.known([one.content for one in judgements]) == {one.content: one for one in judgements}


async def test_opinions_are_kept_by_what_makes_them_one(kept: Kept) -> None:
    opinion = make_opinion()
    others = [replace(opinion, version="w"), replace(opinion, attempt=1), replace(opinion, scorer="k")]

    await kept.judging.write([opinion, *others])
    await kept.judging.write([])
    await kept.judging.write([replace(opinion, value=0.5, at_ms=NOON_MS + 1)])
    await kept.judging.write(others)

    assert [(row[1:4], row[4]) for row in await kept.opinions()] == [
        (("j", "v", 0), 0.5), (("j", "v", 1), 1.0), (("j", "w", 0), 1.0), (("k", "v", 0), 1.0),
    ]  # fmt: skip


async def test_a_missing_value_is_missing_with_its_reason_and_never_nothing(kept: Kept) -> None:
    await kept.judging.write([make_opinion(value=None, passed=None, missing="timeout"), make_opinion(2, value=0.0)])

    assert [row[4:] for row in await kept.opinions()] == [(None, "timeout"), (0.0, "")]


async def test_odd_opinions_come_through(kept: Kept) -> None:
    points = (
        Point(name=ODD, value=None, points=-2.5, why=ODD, tags=(ODD, "axis:x")),
        Point(name="b", value=1.0),
    )
    odd = make_opinion(
        app=ODD, model=ODD, why=ODD, label=ODD, points=points, flags=("split", ODD), reason=ODD, endpoint=ODD,
        value=-1.75, tokens_in=2**31, cost=1e9, seconds=86_400.0, copied_from=UUID(int=3), inclusion=1e-9,
    )  # fmt: skip

    await kept.judging.write([odd, make_opinion(2, source=Source.HUMAN, by=UUID(int=4))])

    assert [row[4] for row in await kept.opinions() if row[0] == UUID(int=1)] == [-1.75]


async def test_the_first_word_on_a_control_item_stays(kept: Kept) -> None:
    await kept.judging.control(make_controlled())
    await kept.judging.control(make_controlled(passed=False, at_ms=NOON_MS + 9_000))
    await kept.judging.control(make_controlled(2, passed=None, missing="refused"))

    item = UUID(int=5)
    assert await kept.controls() == [("j", item, None, "refused"), ("j", item, True, "")]
    assert not await kept.opinions()


async def test_what_is_booked_is_seen_by_the_hour_and_by_the_day(kept: Kept) -> None:
    await kept.judging.book(
        [
            make_lot(1),
            make_lot(2, hour_ms=NOON_MS - HOUR_MS, expense=Expense(1, 50, 0.25)),
            make_lot(3, hour_ms=NOON_MS - DAY_MS),
            make_lot(4, app=ODD, expense=Expense(2, 0, 0)),
        ]
    )

    spent = await kept.judging.spent(NOON_MS)

    assert spent == {
        "app": Spent(Expense(8, 900, 1), Expense(9, 950, 1.25)),
        ODD: Spent(Expense(2, 0, 0), Expense(2, 0, 0)),
    }


async def test_a_lot_is_what_it_has_become(kept: Kept) -> None:
    await kept.judging.book([make_lot()])
    await kept.judging.book([make_lot(expense=Expense(3, 200, 0.5))])
    await kept.judging.book([make_lot(expense=Expense(2, 150, 0.5), settled=True)])
    await kept.judging.book([])

    assert (await kept.judging.spent(NOON_MS))["app"].hour == Expense(2, 150, 0.5)


async def test_nothing_is_spent_at_first(kept: Kept) -> None:
    assert await kept.judging.spent(NOON_MS) == {}


async def test_workers_share_a_budget_through_the_books(kept: Kept) -> None:
    crowd = [make_bookings(kept.judging, calls_per_hour=20) for _ in range(3)]

    booked = await asyncio.gather(
        *(one.book("app", Expense(1, 10, 0)) for one in crowd for _ in range(20)), return_exceptions=True
    )

    assert 0 < sum(not isinstance(one, BaseException) for one in booked) <= 20


async def test_a_store_that_is_away_is_unavailable() -> None:
    judging = ClickHouseJudging(address(make_settings(CLICKHOUSE__URL="http://127.0.0.1:9")))

    for work in (
        judging.known([UUID(int=1)]), judging.keep(make_judgement()), judging.write([make_opinion()]),
        judging.control(make_controlled()), judging.book([make_lot()]), judging.spent(NOON_MS),
    ):  # fmt: skip
        with pytest.raises(Unavailable, match="clickhouse"):
            await work
    await judging.close()
