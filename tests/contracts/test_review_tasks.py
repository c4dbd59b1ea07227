"""One suite for every place where the items' tasks are noted down."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from monitor.adapters.clickhouse.tasks import ClickHouseTasks
from monitor.adapters.memory import MemoryTool
from monitor.build import address, migrations
from monitor.errors import Unavailable
from monitor.model import Posted
from monitor.ports import ReviewTasks
from monitor.settings import load
from tests.builders import make_settings
from tests.servers import Servers

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture(params=["memory", "clickhouse"])
async def tasks(request: pytest.FixtureRequest) -> AsyncIterator[ReviewTasks]:
    if request.param == "memory":
        yield MemoryTool()
        return
    servers: Servers = request.getfixturevalue("servers")
    settings = load(None, servers.environment())
    migrations(settings).apply()
    there = ClickHouseTasks(address(settings))
    yield there
    await there.close()


async def test_the_newest_place_of_an_item_stands(tasks: ReviewTasks) -> None:
    await tasks.place("a", {ONE: Posted("p", "p/1"), OTHER: Posted("p", "p/2")})
    await tasks.place("a", {ONE: Posted("", "")})
    await tasks.place("a", {ONE: Posted("q", "q/3 'x'")})

    assert await tasks.placed("a") == {ONE: Posted("q", "q/3 'x'"), OTHER: Posted("p", "p/2")}


async def test_another_tool_has_places_of_its_own(tasks: ReviewTasks) -> None:
    await tasks.place("a", {ONE: Posted("p", "p/1")})
    await tasks.place("b", {})

    assert await tasks.placed("b") == {}


async def test_a_store_that_is_away_is_unavailable() -> None:
    tasks = ClickHouseTasks(address(make_settings(CLICKHOUSE__URL="http://127.0.0.1:9")))

    with pytest.raises(Unavailable, match="clickhouse"):
        await tasks.placed("a")
    await tasks.close()
