"""One suite for every sink and every archive."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from monitor.adapters.clickhouse import ClickHouseArchive, ClickHouseSink
from monitor.adapters.clickhouse.client import connect
from monitor.adapters.memory import MemoryMeter, MemoryStore
from monitor.build import address, migrations
from monitor.errors import Unavailable
from monitor.model import Origin
from monitor.pipeline import Batch
from monitor.policy import HOUR_MS
from monitor.ports import Archive, Sink
from monitor.settings import load
from tests.builders import NOON_MS, make_call, make_evaluate, make_record, make_settings
from tests.servers import Servers


@dataclass
class Pair:
    """A sink, the archive over the same rows, and what lies in them."""

    sink: Sink
    archive: Archive
    stored: Callable[[], Awaitable[set[tuple[str, int, int, str]]]]


@pytest.fixture(params=["memory", "clickhouse"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    if request.param == "memory":
        store = MemoryStore()

        async def in_memory() -> set[tuple[str, int, int, str]]:
            rows = {(o.topic, o.offset, i or 0, str(row.outcome)) for (o, i), row in store.rows.items()}
            return rows | {(o.topic, o.offset, i or 0, "dead") for (o, i) in store.dead}

        yield Pair(store, store, in_memory)
        return
    servers: Servers = request.getfixturevalue("servers")
    settings = load(None, servers.environment())
    migrations(settings).apply()
    sink = ClickHouseSink(address(settings), MemoryMeter(), user_secret="s")
    archive = ClickHouseArchive(address(settings))

    async def in_clickhouse() -> set[tuple[str, int, int, str]]:
        rows = connect(address(settings)).query(
            "SELECT k_topic, k_offset, if(k_index = 4294967295, 0, k_index), toString(outcome) FROM ledger FINAL"
        )
        return {(str(t), int(o), int(i), str(end)) for t, o, i, end in rows.result_rows}

    yield Pair(sink, archive, in_clickhouse)
    await sink.close()
    await archive.close()


async def batch(count: int = 3, *, start: int = 0, **said: Any) -> Batch:
    calls = [make_record(make_call(id=str(start + n), **said), offset=start + n) for n in range(count)]
    return await make_evaluate().work([*calls, make_record(b"broken", offset=start + count)])


async def test_what_is_written_is_there(pair: Pair) -> None:
    made = await batch()

    await pair.sink.write(made.evaluations, made.dead)

    topic = "evergauge.samples"
    ends = {(topic, n, 0, made.evaluations[n].outcome.value) for n in range(3)}
    assert await pair.stored() == ends | {(topic, 3, 0, "dead")}


async def test_writing_twice_changes_nothing(pair: Pair) -> None:
    made = await batch()

    await pair.sink.write(made.evaluations, made.dead)
    once = await pair.stored()
    await pair.sink.write(made.evaluations[1:], made.dead)
    await pair.sink.write(made.evaluations[:2], [])

    assert await pair.stored() == once


async def test_writing_nothing_is_fine(pair: Pair) -> None:
    await pair.sink.write([], [])

    assert await pair.stored() == set()


async def test_writes_side_by_side_all_arrive(pair: Pair) -> None:
    import asyncio

    made = [await batch(40, start=50 * n) for n in range(10)]

    await asyncio.gather(*(pair.sink.write(one.evaluations, one.dead) for one in made))

    assert len(await pair.stored()) == 10 * 41


async def test_the_archive_tells_what_a_partition_spent(pair: Pair) -> None:
    evaluate = make_evaluate(make_settings(DEFAULT__ROUTING__SHARE=1))
    times = [NOON_MS - HOUR_MS, NOON_MS - 5, NOON_MS, NOON_MS + 7, NOON_MS + 9]
    made = await evaluate.work(
        [make_record(make_call(id=str(n)), offset=n, arrived_ms=at) for n, at in enumerate(times)]
        + [make_record(b"dead", offset=5, arrived_ms=NOON_MS)]
    )
    other = await evaluate.work([make_record(make_call(id="o"), partition=1)])
    await pair.sink.write([*made.evaluations, *other.evaluations], made.dead)

    spending = await pair.archive.spending(Origin("evergauge.samples", 0, 4), NOON_MS - HOUR_MS)

    assert sorted(spending) == [
        ("app", NOON_MS - HOUR_MS, NOON_MS - HOUR_MS, 2, 2),
        ("app", NOON_MS, NOON_MS, 2, 2),
    ]


async def test_odd_values_come_through(pair: Pair) -> None:
    odd = "\x00 \u202e \u200b \U0001f9ff \\ \" ' \t"
    call = make_call(id=odd, output=odd, input=odd, app=odd, model=odd, tags={odd: odd}, trace_id=odd, context=[odd])
    made = await make_evaluate().work(
        [
            make_record(call),
            make_record(make_call(output=None, tokens_in=2**32 - 1, cost_usd=1e-9), offset=1),
            make_record(make_call(timestamp="2000-01-01T00:00:00Z"), offset=2),
            make_record(make_call(timestamp="2099-12-31T23:59:59.999Z"), offset=3),
        ]
    )

    await pair.sink.write(made.evaluations, made.dead)

    assert len(await pair.stored()) == 4


async def test_a_thousand_dates_in_one_chunk(pair: Pair) -> None:
    """Partitioned by event time, ClickHouse would refuse them for ever: more than a hundred partitions in an insert."""
    made = await make_evaluate().work(
        [make_record(make_call(id=str(n), timestamp=n * 3_000_000 + 946_684_800), offset=n) for n in range(1000)]
    )

    await pair.sink.write(made.evaluations, made.dead)

    assert len(await pair.stored()) == 1000


async def test_a_store_that_is_away_is_unavailable() -> None:
    settings = make_settings(CLICKHOUSE__URL="http://127.0.0.1:9")
    made = await batch()

    for work in (
        ClickHouseSink(address(settings), MemoryMeter()).write(made.evaluations, made.dead),
        ClickHouseArchive(address(settings)).spending(Origin("t", 0, 0), 0),
    ):
        with pytest.raises(Unavailable, match="clickhouse"):
            await work


async def test_tables_that_are_not_there_are_unavailable_with_the_cure(servers: Servers) -> None:
    settings = load(None, servers.environment())
    made = await batch()

    with pytest.raises(Unavailable, match="evergauge migrate"):
        await ClickHouseSink(address(settings), MemoryMeter()).write(made.evaluations, made.dead)


async def test_a_wrong_password_is_unavailable_and_not_repeated(servers: Servers) -> None:
    settings = load(None, servers.environment(CLICKHOUSE__PASSWORD=uuid.uuid4().hex))
    made = await batch()

    with pytest.raises(Unavailable) as caught:
        await ClickHouseSink(address(settings), MemoryMeter()).write(made.evaluations, made.dead)
    assert settings.clickhouse.secret not in str(caught.value) + repr(address(settings))
