"""Records go on: forward() to the judge stage, bury() to the dead letters."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from monitor.errors import Unavailable
from monitor.model import DeadLetter, Evaluation, Headers, Record
from monitor.pipeline.routed import ORIGIN_HEADER as ORIGIN
from monitor.pipeline.routed import ROUTE_HEADER as ROUTE
from monitor.pipeline.routed import Slip
from monitor.settings import KafkaSettings

from .topics import LARGEST_MESSAGE, dead_topic, judge_topic, tls

INDEX = "evergauge-index"
REASON = "evergauge-reason"
FIELD = "evergauge-field"
DETAIL = "evergauge-detail"
ARRIVED = "evergauge-arrived"
KEY = "evergauge-key"
OURS = frozenset({ORIGIN, ROUTE, INDEX, REASON, FIELD, DETAIL, ARRIVED, KEY})

Sent = tuple[str, bytes | None, bytes | None, list[tuple[str, bytes | None]]]


@dataclass(slots=True)
class KafkaBus:
    """Sends through aiokafka, and waits until the broker has it."""

    kafka: KafkaSettings
    _producer: AIOKafkaProducer | None = None
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def forward(self, record: Record, chosen: Sequence[Evaluation], /) -> None:
        """One message a record: its bytes unchanged, and a ``evergauge-route`` header for each chosen sample."""
        headers = [*_theirs(record.headers), (ORIGIN, str(record.origin).encode())]
        headers += [(ROUTE, Slip.of(evaluation).encoded()) for evaluation in chosen]
        await self._send([(judge_topic(self.kafka), record.key, record.value, headers)])

    async def resend(self, records: Sequence[Record], /) -> None:
        topic = judge_topic(self.kafka)
        await self._send([(topic, record.key, record.value, list(record.headers)) for record in records])

    async def bury(self, letters: Sequence[DeadLetter], /) -> None:
        topic = dead_topic(self.kafka)
        await self._send([(topic, letter.id.encode(), letter.value, _why(letter)) for letter in letters])

    async def close(self) -> None:
        if self._producer:
            await self._producer.stop()
            self._producer = None

    async def _send(self, messages: Sequence[Sent]) -> None:
        if not messages:
            return
        try:
            producer = await self._started()
            sent = [
                await producer.send(topic, value, key=key, headers=headers) for topic, key, value, headers in messages
            ]
            await asyncio.gather(*sent)
        except (KafkaError, OSError) as error:
            raise Unavailable("kafka", f"{type(error).__name__}: {error}") from error

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **connection(self.kafka),
                    acks="all",
                    linger_ms=5,
                    request_timeout_ms=10_000,
                    max_request_size=LARGEST_MESSAGE,
                    max_batch_size=262_144,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer


def connection(kafka: KafkaSettings) -> dict[str, Any]:
    """Keyword arguments of aiokafka's clients."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "security_protocol": kafka.security_protocol,
        "ssl_context": tls(kafka),
    }
    if kafka.security_protocol.startswith("SASL"):
        arguments |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.sasl_username,
            "sasl_plain_password": kafka.password,
        }
    return arguments


def _theirs(headers: Headers) -> list[tuple[str, bytes | None]]:
    """The producer's headers, without what a record brings that was here before."""
    return [header for header in headers if header[0] not in OURS]


def _why(letter: DeadLetter) -> list[tuple[str, bytes | None]]:
    index = "" if letter.index is None else str(letter.index)
    return [
        *_theirs(letter.headers),
        (ORIGIN, str(letter.origin).encode()),
        (INDEX, index.encode()),
        (REASON, letter.reason.encode()),
        (FIELD, letter.field.encode()),
        (DETAIL, letter.detail.encode()),
        (ARRIVED, str(letter.arrived_ms).encode()),
        *([(KEY, letter.key)] if letter.key is not None else []),
    ]
