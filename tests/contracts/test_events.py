"""Events for a collector: what is told, and what becomes of it when the collector does not listen."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from aiohttp import web
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from monitor import metrics
from monitor.adapters.events import AnnouncingSink, EvaluationEvents
from monitor.adapters.memory import MemoryMeter, MemoryStore
from monitor.model import Evaluation
from tests.builders import make_call, make_evaluate, make_record


@dataclass(slots=True)
class Collector:
    """Listens as a collector does, and answers as it is told."""

    url: str = ""
    answers: list[int] = field(default_factory=list[int])
    """Status of the next answers; then 200."""
    records: list[LogRecord] = field(default_factory=list[LogRecord])
    headers: list[str] = field(default_factory=list[str])
    posts: int = 0

    async def take(self, request: web.Request) -> web.Response:
        self.posts += 1
        self.headers.append(request.headers.get("Authorization", ""))
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            said = ExportLogsServiceRequest.FromString(await request.read())
            self.records += [
                record for group in said.resource_logs for s in group.scope_logs for record in s.log_records
            ]
        return web.Response(status=status)

    def told(self) -> list[dict[str, object]]:
        return [
            {one.key: getattr(one.value, one.value.WhichOneof("value") or "") for one in record.attributes}
            for record in self.records
        ]


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    listening = Collector()
    app = web.Application()
    app.router.add_post("/v1/logs", listening.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    listening.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield listening
    await runner.cleanup()


async def evaluated(**said: object) -> list[Evaluation]:
    batch = await make_evaluate().work([make_record(make_call(**said))])
    return batch.evaluations


def counted(meter: MemoryMeter) -> dict[str, float]:
    return {labels[0]: times for (name, labels), times in meter.counts.items() if name == metrics.EVENTS.name}


async def test_a_verdict_is_told_with_its_reason_once_it_is_durable(collector: Collector) -> None:
    meter, store = MemoryMeter(), MemoryStore()
    events = EvaluationEvents(collector.url, frozenset({"verdict"}), meter, headers={"Authorization": "Bearer x"})
    sink = AnnouncingSink(store, events)
    evaluations = await evaluated(trace_id="0af7651916cd43dd8448eb211c80319c", model_version="m-1")

    await sink.write(evaluations, [])
    await sink.close()

    (told,) = collector.told()
    assert told["gen_ai.evaluation.name"] == "verdict"
    assert told["gen_ai.evaluation.score.label"] == evaluations[0].verdict.value
    assert told["gen_ai.evaluation.score.value"] == evaluations[0].composite
    assert told["gen_ai.evaluation.explanation"] == evaluations[0].because
    assert told["gen_ai.response.id"] == "call-1"
    assert UUID(str(told["evergauge.sample.id"])) == evaluations[0].sample.id
    (record,) = collector.records
    assert record.event_name == "gen_ai.evaluation.result"
    assert record.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert collector.headers == ["Bearer x"]
    assert len(store.rows) == 1
    assert counted(meter) == {"sent": 1}


async def test_of_every_score_that_applies(collector: Collector) -> None:
    events = EvaluationEvents(collector.url, frozenset({"*"}), MemoryMeter())
    (evaluation,) = await evaluated()

    events.offer([evaluation])
    await events.close()

    names = [told["gen_ai.evaluation.name"] for told in collector.told()]
    assert names == ["verdict", *(score.scorer for score in evaluation.scores if score.value is not None)]


async def test_a_collector_that_asks_for_patience_gets_the_same_again(collector: Collector) -> None:
    collector.answers = [503, 429]
    meter = MemoryMeter()
    events = EvaluationEvents(collector.url, frozenset({"verdict"}), meter, patience=(0.0, 0.0))

    events.offer(await evaluated())
    await events.close()

    assert (collector.posts, len(collector.records)) == (3, 1)
    assert counted(meter) == {"sent": 1}


@pytest.mark.parametrize(("answers", "posts"), [([400], 1), ([503] * 9, 3)])
async def test_what_the_collector_does_not_take_is_dropped_and_counted(
    answers: list[int], posts: int, collector: Collector
) -> None:
    collector.answers = list(answers)
    meter = MemoryMeter()
    events = EvaluationEvents(collector.url, frozenset({"verdict"}), meter, patience=(0.0, 0.0))

    events.offer(await evaluated())
    await events.close()

    assert collector.posts == posts
    assert counted(meter) == {"dropped": 1}


async def test_a_collector_that_is_away_holds_nothing_up() -> None:
    meter, store = MemoryMeter(), MemoryStore()
    events = EvaluationEvents("http://127.0.0.1:9", frozenset({"verdict"}), meter, most_waiting=3, patience=(60.0,))
    sink = AnnouncingSink(store, events)
    evaluations = await evaluated()

    async with asyncio.timeout(5):
        for _ in range(10):
            await sink.write(evaluations, [])
        await events.close(within=0.1)

    assert len(store.rows) == 1
    assert counted(meter) == {"dropped": 10}
