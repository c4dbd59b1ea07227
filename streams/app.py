"""The Faust application: topics, the agent, timers, sensors, health. Importing this starts nothing."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import faust
from faust.web import Request, Response, View
from mode import Seconds

from monitor.adapters.prometheus import PrometheusMeter
from monitor.build import build_evaluate, outside
from monitor.settings import KafkaSettings, Settings

from .bus import KafkaBus
from .chunks import ChunkConsumer, ChunkTransport, Cut, chunk_topic
from .drain import Drain, Health
from .sensors import LagGauge, Rebalances
from .topics import tls

_MEASURE: Seconds = 1.0


@dataclass(slots=True)
class EvaluateApp:
    """A worker's application and what its command needs to know of it."""

    faust: faust.App
    meter: PrometheusMeter
    health: Health


def create_app(settings: Settings) -> EvaluateApp:
    """Assemble the application of the evaluate stage.

    Raises:
        InvalidConfig: everything that is wrong with the settings at once; nothing was touched.
    """
    worker = settings.worker
    meter, health = PrometheusMeter(), Health()
    parts = outside(settings, bus=KafkaBus(settings.kafka), meter=meter)
    stage = build_evaluate(settings, parts)
    drain = Drain(stage, meter, health, in_flight=worker.chunks_in_flight)
    app = _faust_app(settings)
    app.sensors.add(Rebalances(meter))
    lag = LagGauge(meter)

    async def evaluate(stream: Any) -> None:
        await drain.run(stream.noack().events())

    async def measure() -> None:
        health.lag = lag.measure(cast(ChunkConsumer, app.consumer))

    async def forget(*_: Any, **__: Any) -> None:
        stage.forget_partitions()

    async def close(*_: Any, **__: Any) -> None:
        await parts.close()

    topic = chunk_topic(app, *(entry.topic for entry in settings.topics()), waiting=2 * worker.chunks_in_flight)
    typeless = cast(Any, app)  # Faust types its decorators in part only
    typeless.agent(topic, name="evaluate")(evaluate)
    typeless.timer(_MEASURE)(measure)
    typeless.on_partitions_revoked.connect(forget, weak=False)
    typeless.on_before_shutdown.connect(close, weak=False)
    _add_pages(app, health)
    return EvaluateApp(app, meter, health)


def _faust_app(settings: Settings) -> faust.App:
    kafka, worker = settings.kafka, settings.worker
    servers = ";".join(f"kafka://{server.strip()}" for server in kafka.bootstrap_servers.split(","))
    app = faust.App(
        kafka.group,
        broker=servers,
        broker_credentials=_credentials(kafka),
        store="memory://",
        datadir=Path(tempfile.gettempdir()) / f"evergauge-{os.getuid()}",  # Faust wants one; nothing is kept in it
        web_enabled=True,
        web_bind=worker.bind,
        web_port=worker.web_port,
        web_host=worker.bind,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{kafka.group}-{worker.name}" if worker.name else None,
        consumer_metadata_max_age_ms=5_000,  # after a restart Kafka may know no partitions yet: ask again soon
        consumer_max_fetch_size=4 * 1024 * 1024,
        broker_commit_interval=0.3,
        broker_commit_every=50,
        broker_session_timeout=kafka.session_timeout,
        broker_heartbeat_interval=max(kafka.session_timeout / 10, 1.0),
        broker_max_poll_records=4 * worker.chunk_records,
        broker_max_poll_interval=86_400.0,  # an outage of the sink must not cost the membership
        stream_wait_empty=True,
        table_standby_replicas=0,
        topic_disable_leader=True,
        topic_allow_declare=False,
        producer_acks=-1,
    )
    cut = Cut(records=worker.chunk_records, bytes=worker.chunk_bytes, wait=worker.stop_within)
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
