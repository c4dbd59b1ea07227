"""Topics as data: names, keys, headers, partitions, retention; made through kafka-python's admin client."""

import logging
import ssl
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from monitor.errors import Unavailable
from monitor.settings import KafkaSettings, Settings

DAY_MS = 86_400_000
_KNOWN_WITHIN = 10.0
PATIENCE: dict[str, Any] = {"bootstrap_timeout_ms": 5_000}
"""A broker that does not answer a command within this time is away."""
LARGEST_MESSAGE = 64 * 1024 * 1024

logging.getLogger("kafka").setLevel(logging.CRITICAL)  # errors reach people as Unavailable, in one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic of ours, and what lies in it."""

    name: str
    partitions: int
    holds: str
    key: str
    headers: tuple[str, ...]
    retention_days: int
    largest_bytes: int = 32 * 1024 * 1024

    def config(self) -> dict[str, str]:
        """The topic's settings on the broker.

        The broker's clock stamps every record: budgets and arrival times must not depend on producers' clocks.
        """
        return {
            "retention.ms": str(self.retention_days * DAY_MS),
            "max.message.bytes": str(self.largest_bytes),
            "message.timestamp.type": "LogAppendTime",
        }


def topics(settings: Settings) -> tuple[Topic, ...]:
    """Every topic that the settings need."""
    kafka = settings.kafka
    inputs = tuple(
        Topic(
            name=entry.topic,
            partitions=kafka.partitions,
            holds=f"samples to evaluate, format {entry.format}",
            key="the producer's, best the trace id",
            headers=("evergauge-format", "evergauge-app"),
            retention_days=7,
        )
        for entry in settings.topics()
    )
    return (
        *inputs,
        Topic(
            name=judge_topic(kafka),
            partitions=kafka.partitions,
            holds="records with samples that were drawn for the judge, bytes unchanged",
            key="the producer's",
            headers=("evergauge-origin", "evergauge-route"),
            retention_days=7,
            largest_bytes=LARGEST_MESSAGE,
        ),
        Topic(
            name=dead_topic(kafka),
            partitions=1,
            holds="what cannot be evaluated, bytes unchanged",
            key="origin and index",
            headers=("evergauge-origin", "evergauge-index", "evergauge-reason", "evergauge-field", "evergauge-detail"),
            retention_days=30,
            largest_bytes=LARGEST_MESSAGE,
        ),
    )


def judge_topic(kafka: KafkaSettings) -> str:
    return f"{kafka.topic_prefix}.judge"


def dead_topic(kafka: KafkaSettings) -> str:
    return f"{kafka.topic_prefix}.dead"


def connection(kafka: KafkaSettings) -> dict[str, Any]:
    """Keyword arguments of kafka-python's clients."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in kafka.bootstrap_servers.split(",")],
        "security_protocol": kafka.security_protocol,
    }
    if kafka.security_protocol.startswith("SASL"):
        arguments |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.sasl_username,
            "sasl_plain_password": kafka.password,
        }
    if context := tls(kafka):
        arguments["ssl_context"] = context
    return arguments


def tls(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """The TLS context that the settings ask for; None without TLS."""
    if not kafka.security_protocol.endswith("SSL"):
        return None
    context = ssl.create_default_context(cafile=kafka.ssl_cafile or None)
    if kafka.ssl_certfile:
        context.load_cert_chain(kafka.ssl_certfile, kafka.ssl_keyfile)
    return context


@contextmanager
def administration(kafka: KafkaSettings) -> Generator[Any]:
    """An admin client, for the length of a block.

    Raises:
        Unavailable: Kafka is away, or refuses.
    """
    try:
        admin: Any = KafkaAdminClient(**connection(kafka), request_timeout_ms=15_000, **PATIENCE)
    except (KafkaError, OSError, ValueError) as error:
        raise Unavailable("kafka", f"{kafka.bootstrap_servers}: {type(error).__name__}: {error}") from error
    try:
        yield admin
    except KafkaError as error:
        raise Unavailable("kafka", str(error)) from error
    finally:
        admin.close()


def create(settings: Settings) -> list[str]:
    """Make the topics that are not there yet, and say which.

    Raises:
        Unavailable: Kafka is away, or refuses.
    """
    made: list[str] = []
    with administration(settings.kafka) as admin:
        existing = set(admin.list_topics())
        for topic in topics(settings):
            if topic.name in existing:
                continue
            new = NewTopic(topic.name, topic.partitions, settings.kafka.replication, topic_configs=topic.config())
            try:
                admin.create_topics([new])
            except TopicAlreadyExistsError:
                continue  # somebody else was faster
            made.append(topic.name)
        _wait_until_known(admin, made)
    return made


def _wait_until_known(admin: Any, names: list[str]) -> None:
    """Brokers learn of a new topic a moment after it is made."""
    deadline = time.monotonic() + _KNOWN_WITHIN
    while not set(names) <= set(admin.list_topics()) and time.monotonic() < deadline:
        time.sleep(0.05)


def shared_out_wrongly(settings: Settings) -> dict[str, str]:
    """What is wrong with ``kafka.partitions`` where budgets are shared out over the partitions of the inputs.

    Raises:
        Unavailable: Kafka is away.
    """
    apps = (settings.default, *settings.apps.values())
    if all(app.routing.budget_per_hour is None for app in apps):
        return {}
    names = [entry.topic for entry in settings.topics()]
    with administration(settings.kafka) as admin:
        counts = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(names)}
    wrong = [f"{name} has {count}" for name, count in counts.items() if count != settings.kafka.partitions]
    if not wrong:
        return {}
    return {"kafka.partitions": f"is {settings.kafka.partitions}, but {', '.join(wrong)}: budgets would not hold"}


def missing(settings: Settings) -> list[str]:
    """The topics that are needed and not there.

    Raises:
        Unavailable: Kafka is away.
    """
    with administration(settings.kafka) as admin:
        existing = set(admin.list_topics())
    return [topic.name for topic in topics(settings) if topic.name not in existing]
