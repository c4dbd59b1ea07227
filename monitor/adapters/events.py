"""Scores out: one OpenTelemetry log event ``gen_ai.evaluation.result`` a score, to a collector.

Source: https://github.com/open-telemetry/semantic-conventions-genai (events)
"""

import asyncio
import contextlib
import string
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from monitor import metrics
from monitor.checks.scorer import BROKEN
from monitor.model import DeadLetter, Evaluation, Score
from monitor.ports import Meter, Sink

EVENT = "gen_ai.evaluation.result"
VERDICT = "verdict"
"""Stands for the composite and its verdict."""
EVERY = "*"
_AGAIN = frozenset({429, 502, 503, 504})
"""Answers after which OTLP asks for the same again."""
_PATIENCE = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts."""


@dataclass(slots=True)
class EvaluationEvents:
    """Tells a collector what became of samples, beside the way of the samples and never in it.

    What the collector does not take is dropped and counted: the scores themselves are in the store.
    """

    endpoint: str
    """Of OTLP over HTTP, without a path."""
    names: frozenset[str]
    """Scorers to tell of; ``verdict`` for the composite, ``*`` for all."""
    meter: Meter
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    most_waiting: int = 50_000
    """Events; more are dropped."""
    batch: int = 1_000
    patience: Sequence[float] = _PATIENCE
    _waiting: deque[LogRecord] = field(default_factory=deque[LogRecord])
    _courier: asyncio.Task[None] | None = None
    _session: aiohttp.ClientSession | None = None

    def offer(self, evaluations: Sequence[Evaluation]) -> None:
        """Take what there is to tell; returns at once."""
        for evaluation in evaluations:
            for event in self._events(evaluation):
                if len(self._waiting) >= self.most_waiting:
                    self._count("dropped", 1)
                else:
                    self._waiting.append(event)
        if self._waiting and (self._courier is None or self._courier.done()):
            self._courier = asyncio.create_task(self._deliver())

    async def close(self, *, within: float = 2.0) -> None:
        """Send what is left, for so many seconds, and let the connection go."""
        if self._courier:
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._courier, within)
        if self._waiting:
            self._count("dropped", len(self._waiting))
            self._waiting.clear()
        if self._session:
            await self._session.close()
            self._session = None

    async def _deliver(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self.batch, len(self._waiting)))]
            try:
                sent = await self._send(_request(batch))
            except BaseException:
                self._count("dropped", len(batch))
                raise
            self._count("sent" if sent else "dropped", len(batch))

    async def _send(self, body: bytes) -> bool:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        headers = {"Content-Type": "application/x-protobuf", **self.headers}
        for pause in (*self.patience, None):
            try:
                async with self._session.post(f"{self.endpoint}/v1/logs", data=body, headers=headers) as response:
                    if response.ok or response.status not in _AGAIN:
                        return response.ok
            except (aiohttp.ClientError, TimeoutError):
                pass  # it is away, or slow: the same again
            if pause is not None:
                await asyncio.sleep(pause)
        return False

    def _events(self, evaluation: Evaluation) -> Iterator[LogRecord]:
        if VERDICT in self.names or EVERY in self.names:
            yield _event(
                evaluation,
                {
                    "gen_ai.evaluation.name": VERDICT,
                    "gen_ai.evaluation.score.value": evaluation.composite,
                    "gen_ai.evaluation.score.label": evaluation.verdict.value,
                    "gen_ai.evaluation.explanation": evaluation.because,
                },
            )
        for score in evaluation.scores:
            if (score.scorer in self.names or EVERY in self.names) and (said := _told(score)):
                yield _event(evaluation, said)

    def _count(self, outcome: str, times: int) -> None:
        self.meter.count(metrics.EVENTS, (outcome,), times)


@dataclass(slots=True)
class AnnouncingSink:
    """A sink that tells a collector of what has become durable."""

    inner: Sink
    events: EvaluationEvents

    async def write(self, evaluations: Sequence[Evaluation], dead: Sequence[DeadLetter], /) -> None:
        await self.inner.write(evaluations, dead)
        self.events.offer(evaluations)

    async def close(self) -> None:
        await self.events.close()
        await self.inner.close()


def _told(score: Score) -> dict[str, object]:
    """What is said of a score; nothing of one that does not apply to the sample."""
    if score.value is None and score.label not in BROKEN:
        return {}
    return {
        "gen_ai.evaluation.name": score.scorer,
        "gen_ai.evaluation.score.value": score.value,
        "gen_ai.evaluation.score.label": score.label or (None if score.passed is None else _LABELS[score.passed]),
        "gen_ai.evaluation.explanation": score.why,
        "error.type": score.label if score.value is None else None,
        "evergauge.scorer.version": score.version,
    }


_LABELS = {True: "pass", False: "fail"}


def _event(evaluation: Evaluation, said: Mapping[str, object]) -> LogRecord:
    sample = evaluation.sample
    trace_id, _, span_id = sample.producer_id.partition("/")
    of_a_span = _is_hex(trace_id, 32) and _is_hex(span_id, 16)
    now = time.time_ns()
    about: dict[str, object] = {
        "evergauge.sample.id": str(sample.id),
        "evergauge.app": sample.app,
        "gen_ai.response.id": None if of_a_span else sample.producer_id,
        "gen_ai.response.model": sample.model_version,
    }
    return LogRecord(
        time_unix_nano=now,
        observed_time_unix_nano=now,
        severity_number=SeverityNumber.SEVERITY_NUMBER_INFO,
        event_name=EVENT,
        trace_id=bytes.fromhex(sample.trace_id) if _is_hex(sample.trace_id, 32) else b"",
        span_id=bytes.fromhex(span_id) if of_a_span else b"",
        attributes=[
            KeyValue(key=key, value=_value(value))
            for key, value in {**said, **about}.items()
            if value not in (None, "")
        ],
    )


def _value(value: object) -> AnyValue:
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=str(value))


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and not set(text) - _HEX


_HEX = set(string.hexdigits)


def _request(batch: Sequence[LogRecord]) -> bytes:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value="evergauge")))
    scope = group.scope_logs.add()
    scope.scope.name = "evergauge"
    scope.log_records.extend(batch)
    return request.SerializeToString()
