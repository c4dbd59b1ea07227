"""One suite for every bus."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from monitor.adapters.memory import MemoryBus
from monitor.errors import Unavailable
from monitor.model import Evaluation
from monitor.ports import Bus
from monitor.settings import Settings, load
from streams import topics
from streams.bus import KafkaBus
from streams.cli.dead import read_letters
from streams.log import read_all
from tests.builders import make_call, make_evaluate, make_record, make_settings
from tests.servers import Servers


@dataclass
class Seen:
    """A bus and what somebody at its far end sees."""

    bus: Bus
    settings: Settings | None

    def judged(self) -> list[bytes | None]:
        if isinstance(self.bus, MemoryBus):
            return [record.value for record, _ in self.bus.forwarded.values()]
        assert self.settings
        return [r.value for r in read_all(self.settings.kafka, topics.judge_topic(self.settings.kafka))]

    def dead(self) -> dict[str, tuple[str, str, bytes | None]]:
        if isinstance(self.bus, MemoryBus):
            return {name: (one.reason, one.field, one.value) for name, one in self.bus.buried.items()}
        assert self.settings
        letters = read_letters(self.settings.kafka)
        return {name: (one.reason, one.field, one.value) for name, one in letters.items()}


@pytest.fixture(params=["memory", "kafka"])
async def seen(request: pytest.FixtureRequest) -> AsyncIterator[Seen]:
    if request.param == "memory":
        yield Seen(MemoryBus(), None)
        return
    servers: Servers = request.getfixturevalue("servers")
    settings = load(None, servers.environment())
    topics.create(settings)
    bus = KafkaBus(settings.kafka)
    yield Seen(bus, settings)
    await bus.close()


async def chosen() -> list[Evaluation]:
    evaluate = make_evaluate(make_settings(DEFAULT__ROUTING__SHARE=1))
    return (
        await evaluate.work([make_record([make_call(id="a"), make_call(id="b")], headers=(("k", b"v"),))])
    ).evaluations


async def test_the_judge_gets_the_producers_bytes(seen: Seen) -> None:
    evaluations = await chosen()

    await seen.bus.forward(evaluations[0].record, evaluations)

    assert seen.judged() == [evaluations[0].record.value]


async def test_letters_keep_reason_field_and_bytes(seen: Seen) -> None:
    batch = await make_evaluate().work([make_record([{"app": 7}, 3]), make_record(b"\xff\x00", offset=1)])

    await seen.bus.bury(batch.dead)

    assert seen.dead() == {
        "evergauge.samples/0/0/0": ("wrong_type", "app", b'{"app": 7}'),
        "evergauge.samples/0/0/1": ("wrong_type", "", b"3"),
        "evergauge.samples/0/1": ("not_utf8", "", b"\xff\x00"),
    }


async def test_burying_twice_is_one_letter(seen: Seen) -> None:
    batch = await make_evaluate().work([make_record(b"x")])

    await seen.bus.bury(batch.dead)
    await seen.bus.bury(batch.dead)

    assert len(seen.dead()) == 1


async def test_burying_nothing_is_fine(seen: Seen) -> None:
    await seen.bus.bury([])

    assert seen.dead() == {}


async def test_headers_tell_what_was_decided(servers: Servers) -> None:
    settings = load(None, servers.environment())
    topics.create(settings)
    bus, evaluations = KafkaBus(settings.kafka), await chosen()

    await bus.forward(evaluations[0].record, evaluations)
    await bus.close()

    (record,) = read_all(settings.kafka, topics.judge_topic(settings.kafka))
    headers: list[tuple[str, bytes]] = record.headers
    routes = [json.loads(value) for name, value in headers if name == "evergauge-route"]
    assert ("k", b"v") in headers
    assert [route["index"] for route in routes] == [0, 1]
    assert routes[0]["sample"] == str(evaluations[0].sample.id)
    assert (routes[0]["inclusion"], routes[0]["policy"]) == (1.0, evaluations[0].route.policy)


async def test_a_kafka_that_is_away_is_unavailable() -> None:
    bus = KafkaBus(make_settings(KAFKA__BOOTSTRAP_SERVERS="127.0.0.1:9").kafka)
    batch = await make_evaluate().work([make_record(b"x")])

    with pytest.raises(Unavailable, match="kafka"):
        await bus.bury(batch.dead)
    await bus.close()
