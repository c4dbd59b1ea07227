"""The Faust application: topics, the agent, timers, sensors, health. Importing this starts nothing."""

import asyncio
import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import faust
from faust.web import Request, Response, View
from mode import Seconds

from monitor.adapters.clickhouse import ClickHouseJudging, ClickHouseReviews, ClickHouseSamples, ClickHouseVerdicts
from monitor.adapters.prometheus import PrometheusMeter
from monitor.build import address, build_endpoints, build_evaluate, build_grade, outside
from monitor.errors import Unavailable
from monitor.pipeline.agree import Agree
from monitor.pipeline.ask_again import AskAgain
from monitor.settings import KafkaSettings, Settings

from .bus import KafkaBus
from .chunks import ChunkConsumer, ChunkTransport, Cut, chunk_topic
from .drain import Drain, Health, Stage
from .sensors import LagGauge, Rebalances
from .topics import judge_topic, tls

_MEASURE: Seconds = 1.0
_ASK_AGAIN: Seconds = 60.0
_AGREE: Seconds = 600.0
"""It reads weeks of verdicts."""


log = logging.getLogger(__name__)
_GRADE_CHUNK = 100
"""Records of the judge topic that travel together: each takes as long as its judge."""


@dataclass(slots=True)
class WorkerApp:
    """A worker's application and what its command needs to know of it."""

    faust: faust.App
    meter: PrometheusMeter
    health: Health


@dataclass(frozen=True, slots=True)
class _Role:
    """What a worker does with what."""

    stage: Stage[Any]
    topics: tuple[str, ...]
    group: str
    chunk_records: int
    in_flight: int
    forget: Callable[[], None]
    """Called when partitions go elsewhere."""
    close: Callable[[], Awaitable[None]]
    chores: tuple[tuple[Seconds, Callable[[], Awaitable[object]]], ...] = ()
    """What one worker of all does every so many seconds."""
    at_start: Callable[[], Awaitable[Sequence[str]]] | None = None
    """Looks at the outside once, and says what is wrong there; the worker works all the same, since it may pass."""


def create_app(settings: Settings) -> WorkerApp:
    """Assemble the application of one stage, as the worker's role says.

    Raises:
        InvalidConfig: everything that is wrong with the settings at once; nothing was touched.
    """
    meter, health = PrometheusMeter(), Health()
    role = _ROLES[settings.worker.role](settings, meter)
    drain = Drain(role.stage, meter, health, in_flight=role.in_flight)
    app = _faust_app(settings, role)
    app.sensors.add(Rebalances(meter))
    lag = LagGauge(meter)

    async def work(stream: Any) -> None:
        await drain.run(stream.noack().events())

    async def measure() -> None:
        health.lag = lag.measure(cast(ChunkConsumer, app.consumer))

    async def forget(*_: Any, **__: Any) -> None:
        role.forget()

    async def close(*_: Any, **__: Any) -> None:
        await role.close()

    topic = chunk_topic(app, *role.topics, waiting=2 * role.in_flight)
    typeless = cast(Any, app)  # Faust types its decorators in part only
    typeless.agent(topic, name=settings.worker.role)(work)
    typeless.timer(_MEASURE)(measure)
    for seconds, chore in role.chores:
        typeless.timer(seconds)(_by_one_of_all(app, role.topics[0], chore))
    if role.at_start:
        typeless.task(_once(role.at_start, health))
    typeless.on_partitions_revoked.connect(forget, weak=False)
    typeless.on_before_shutdown.connect(close, weak=False)
    _add_pages(app, health)
    return WorkerApp(app, meter, health)


def _once(look: Callable[[], Awaitable[Sequence[str]]], health: Health) -> Callable[[], Awaitable[None]]:
    """A look at the outside when the worker starts, told in its log and on its page."""

    async def once() -> None:
        for problem in await look():
            log.error("%s", problem)
            health.failed(problem)

    return once


def _by_one_of_all(app: faust.App, topic: str, work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    """The work of whichever worker holds the topic's first partition; what is away now is there another time."""

    async def once() -> None:
        if any(tp.topic == topic and tp.partition == 0 for tp in cast(Any, app.consumer).assignment()):
            with contextlib.suppress(Unavailable):
                await work()

    return once


def _evaluate(settings: Settings, meter: PrometheusMeter) -> _Role:
    parts = outside(settings, bus=KafkaBus(settings.kafka), meter=meter)
    stage = build_evaluate(settings, parts)
    return _Role(
        stage=stage,
        topics=tuple(entry.topic for entry in settings.topics()),
        group=settings.kafka.group,
        chunk_records=settings.worker.chunk_records,
        in_flight=settings.worker.chunks_in_flight,
        forget=stage.forget_partitions,
        close=parts.close,
    )


def _grade(settings: Settings, meter: PrometheusMeter) -> _Role:
    bus, endpoints = KafkaBus(settings.kafka), build_endpoints(settings)
    samples = ClickHouseSamples(address(settings))
    again = AskAgain(samples, bus, settings.judging.ask_again_share, settings.judging.ask_again_after, time.time)
    verdicts = ClickHouseVerdicts(address(settings))
    agree = Agree(verdicts, meter, time.time)
    judging, reviews = ClickHouseJudging(address(settings)), ClickHouseReviews(address(settings))
    stage = build_grade(
        settings,
        judgements=judging,
        opinions=judging,
        treasury=judging,
        reviews=reviews,
        bus=bus,
        meter=meter,
        endpoints=endpoints,
    )

    async def asked() -> list[str]:
        said = await asyncio.gather(*(endpoint.judge.knock() for endpoint in endpoints.values()))
        return [f"endpoint {name}: {problem}" for name, problem in zip(endpoints, said, strict=True) if problem]

    async def close() -> None:
        with contextlib.suppress(Unavailable):
            await stage.ask.bookings.close()
        for part in (*(endpoint.judge for endpoint in endpoints.values()), judging, reviews, samples, verdicts, bus):
            await part.close()

    return _Role(
        stage=stage,
        topics=(judge_topic(settings.kafka),),
        group=f"{settings.kafka.group}-grade",
        chunk_records=min(_GRADE_CHUNK, settings.worker.chunk_records),
        in_flight=4 * settings.worker.chunks_in_flight,  # a chunk takes as long as its slowest judgement
        forget=lambda: None,
        close=close,
        chores=((_ASK_AGAIN, again.once), (_AGREE, agree.once)),
        at_start=asked,
    )


_ROLES = {"evaluate": _evaluate, "grade": _grade}


def _faust_app(settings: Settings, role: _Role) -> faust.App:
    kafka, worker = settings.kafka, settings.worker
    servers = ";".join(f"kafka://{server.strip()}" for server in kafka.bootstrap_servers.split(","))
    app = faust.App(
        role.group,
        broker=servers,
        broker_credentials=_credentials(kafka),
        store="memory://",
        datadir=Path(tempfile.gettempdir()) / f"evergauge-{os.getuid()}",  # Faust wants one; nothing is kept in it
        web_enabled=True,
        web_bind=worker.bind,
        web_port=worker.web_port,
        web_host=worker.bind,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{role.group}-{worker.name}" if worker.name else None,
        consumer_metadata_max_age_ms=5_000,  # after a restart Kafka may know no partitions yet: ask again soon
        consumer_max_fetch_size=4 * 1024 * 1024,
        broker_commit_interval=0.3,
        broker_commit_every=50,
        broker_session_timeout=kafka.session_timeout,
        broker_heartbeat_interval=max(kafka.session_timeout / 10, 1.0),
        broker_max_poll_records=4 * role.chunk_records,
        broker_max_poll_interval=86_400.0,  # an outage of the sink must not cost the membership
        stream_wait_empty=True,
        table_standby_replicas=0,
        topic_disable_leader=True,
        topic_allow_declare=False,
        producer_acks=-1,
    )
    cut = Cut(records=role.chunk_records, bytes=worker.chunk_bytes, wait=worker.stop_within)
    app.transport = ChunkTransport(app.conf.broker_consumer, app, cut=cut)
    return app


def _credentials(kafka: KafkaSettings) -> Any:
    context = tls(kafka)
    if kafka.security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=kafka.sasl_username,
            password=kafka.password,
            mechanism=kafka.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None


def _add_pages(app: faust.App, health: Health) -> None:
    async def live(_: View, request: Request) -> Response:
        return _page(request, {"live": True})

    async def ready(_: View, request: Request) -> Response:
        return _page(request, health.report(), status=200 if health.ready else 503)

    def _page(request: Request, body: dict[str, object], status: int = 200) -> Response:
        return cast(Any, app.web).json(body, status=status)

    app.page("/live")(live)
    app.page("/ready")(ready)
