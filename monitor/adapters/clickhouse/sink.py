"""Evaluations as rows."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from uuid import UUID
from zlib import crc32

import msgspec

from monitor import metrics
from monitor.model import DeadLetter, Evaluation, Message, RouteTo, Sample
from monitor.ports import Meter

from .client import Address, Connection
from .courier import Courier, Rows

SAMPLES = (
    "sample_id", "producer_id", "ts", "app", "env", "model", "model_version", "provider", "prompt_version", "release",
    "trace_id", "conversation_id", "user_key", "tags", "tokens_in", "tokens_out", "latency_ms", "first_token_ms",
    "cost_usd", "finish_reason", "text_bytes", "check.name", "check.version", "check.value", "check.passed",
    "check.label", "check.why", "check.inclusion",
    "composite", "verdict", "because", "route", "inclusion", "reason", "policy", "outcome",
    "k_topic", "k_partition", "k_offset", "k_index", "arrived", "ver",
)  # fmt: skip
TEXTS = (
    "sample_id", "ts", "app", "user_key", "input", "output", "context", "reference", "extra", "arrived", "ver",
)  # fmt: skip
LEDGER = (
    "k_topic", "k_partition", "k_offset", "k_index", "sample_id", "app", "arrived", "outcome", "judged", "reason",
    "field", "detail", "digest", "ver",
)  # fmt: skip

WHOLE_RECORD = 2**32 - 1
"""``k_index`` of a record that cannot be read as a whole."""

_NOBODY = UUID(int=0)


@dataclass(slots=True)
class ClickHouseSink:
    """Writes samples and texts, then the ledger: a row there means that the sample is durable."""

    address: Address
    meter: Meter
    user_secret: str = ""
    """Key of the hash that stands for a user; without one no user is stored."""
    most_rows: int = 8_000
    """Rows in one insert; a write of more goes alone."""
    _connection: Connection = field(init=False)
    _courier: Courier = field(init=False)

    def __post_init__(self) -> None:
        self._connection = Connection(self.address)
        self._courier = Courier(self._insert, most_rows=self.most_rows)

    async def write(self, evaluations: Sequence[Evaluation], dead: Sequence[DeadLetter], /) -> None:
        if evaluations or dead:
            await self._courier.deliver(self._encode(evaluations, dead))

    async def close(self) -> None:
        """Give up what is under way and let the connections go."""
        await self._courier.close()
        await self._connection.close()

    async def _insert(self, rows: Rows) -> None:
        await asyncio.gather(self._one("samples", SAMPLES, rows), self._one("texts", TEXTS, rows))
        await self._one("ledger", LEDGER, rows)

    async def _one(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        if rows[table]:
            self.meter.observe(metrics.INSERT_ROWS, {float(len(rows[table])): 1}, (table,))
            await self._connection.insert(table, columns, rows[table])

    def _encode(self, evaluations: Iterable[Evaluation], dead: Iterable[DeadLetter]) -> Rows:
        encode = msgspec.json.Encoder(uuid_format="canonical").encode
        samples, texts, ledger = list[bytes](), list[bytes](), list[bytes]()
        for evaluation in evaluations:
            user_key = self._user_key(evaluation.sample.user)
            conversation = _conversation(evaluation.sample)
            samples.append(encode(_sample_row(evaluation, user_key)))
            texts.append(encode(_text_row(evaluation, user_key, conversation)))
            ledger.append(encode(_ledger_row(evaluation, conversation)))
        ledger.extend(encode(_dead_row(letter)) for letter in dead)
        return {"samples": samples, "texts": texts, "ledger": ledger}

    def _user_key(self, user: str) -> UUID:
        if not user or not self.user_secret:
            return _NOBODY
        return UUID(bytes=blake2b(user.encode(), digest_size=16, key=self.user_secret.encode()[:64]).digest())


def _seconds(ms: int) -> float:
    """Milliseconds as ClickHouse reads a DateTime64 from a JSON number."""
    return ms / 1000


def _sample_row(evaluation: Evaluation, user_key: UUID) -> list[object]:
    sample, scores, route = evaluation.sample, evaluation.scores, evaluation.route
    record = evaluation.record
    origin = record.origin
    return [
        sample.id, sample.producer_id, round(sample.time.timestamp(), 3), sample.app, sample.env, sample.model,
        sample.model_version, sample.provider, sample.prompt_version, sample.release, sample.trace_id,
        sample.conversation_id, user_key, sample.tags, sample.tokens_in, sample.tokens_out, sample.latency_ms,
        sample.first_token_ms, sample.cost_usd, sample.finish_reason,
        len(sample.output_bytes),
        [s.scorer for s in scores], [s.version for s in scores], [s.value for s in scores], [s.passed for s in scores],
        [s.label for s in scores], [s.why for s in scores], [s.inclusion for s in scores],
        evaluation.composite, evaluation.verdict.value, evaluation.because, route.to.value, route.inclusion,
        route.reason, route.policy, evaluation.outcome.value,
        origin.topic, origin.partition, origin.offset, sample.index, _seconds(record.arrived_ms),
        record.arrived_ms,
    ]  # fmt: skip


def _text_row(evaluation: Evaluation, user_key: UUID, conversation: str) -> list[object]:
    sample = evaluation.sample
    return [
        sample.id, round(sample.time.timestamp(), 3), sample.app, user_key, conversation, sample.output,
        _listed(sample.context), _listed(sample.references), _extra(sample),
        _seconds(evaluation.record.arrived_ms), evaluation.record.arrived_ms,
    ]  # fmt: skip


def _extra(sample: Sample) -> str:
    """What else explains a score, as JSON."""
    texts = {"json_schema": sample.json_schema, "tests": sample.tests, "tools": sample.tools}
    extra: dict[str, object] = {name: msgspec.Raw(text.encode()) for name, text in texts.items() if text}
    if sample.error:
        extra["error"] = sample.error
    if sample.tool_calls:
        extra["tool_calls"] = sample.tool_calls
    return msgspec.json.encode(extra).decode() if extra else ""


def _ledger_row(evaluation: Evaluation, conversation: str) -> list[object]:
    sample, record = evaluation.sample, evaluation.record
    origin = record.origin
    digest = crc32(sample.output_bytes, crc32(conversation.encode()))
    return [
        origin.topic, origin.partition, origin.offset, sample.index, sample.id, sample.app, _seconds(record.arrived_ms),
        evaluation.outcome.value, evaluation.route.to is RouteTo.JUDGE, evaluation.route.reason, "", "", digest,
        record.arrived_ms,
    ]  # fmt: skip


def _dead_row(letter: DeadLetter) -> list[object]:
    origin = letter.origin
    index = WHOLE_RECORD if letter.index is None else letter.index
    return [
        origin.topic, origin.partition, origin.offset, index, _NOBODY, "", _seconds(letter.arrived_ms),
        letter.outcome.value, False, letter.reason, letter.field, letter.detail[:1000], 0, letter.arrived_ms,
    ]  # fmt: skip


def _conversation(sample: Sample) -> str:
    """The messages in one shape, whatever the producer's was."""
    if not sample.messages:
        return ""
    return msgspec.json.encode([_message(message) for message in sample.messages]).decode()


def _message(message: Message) -> dict[str, object]:
    said: dict[str, object] = {"role": message.role, "content": message.text}
    if message.tool_calls:
        said["tool_calls"] = message.tool_calls
    if message.name:
        said["name"] = message.name
    return said


def _listed(texts: tuple[str, ...]) -> str:
    return msgspec.json.encode(texts).decode() if texts else ""
