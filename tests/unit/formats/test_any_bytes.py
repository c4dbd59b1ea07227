"""Whatever comes, every format answers, and what one writes reads the same again."""

import json
import string
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Status, TracesData

from monitor.formats import Defaults, Ignored, Limits, Unreadable, decode, formats, native
from monitor.formats.base import identity
from monitor.model import Message, Part, Record, Sample, Tags, ToolCall
from tests.builders import make_record

NAMES = [
    "gen_ai.operation.name", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.prompt.0.content",
    "gen_ai.completion.0.content", "gen_ai.system_instructions", "gen_ai.tool.definitions", "gen_ai.usage.input_tokens",
    "openinference.span.kind", "llm.input_messages.0.message.content", "llm.output_messages.0.message.tool_calls.0.x",
    "llm.invocation_parameters", "gen_ai.response.finish_reasons", "service.name",
]  # fmt: skip
FIELDS = [
    "input", "output", "id", "app", "request", "response", "messages", "choices", "data", "annotations", "result",
    "traceId", "trace_id", "startTime", "type", "usageDetails", "tags", "scores", "call_type", "model_parameters",
    "role", "content", "parts", "tool_calls", "function", "arguments", "resourceSpans", "scopeSpans", "spans",
    "resourceLogs", "scopeLogs", "logRecords", "attributes", "key", "value", "stringValue", "kvlistValue", "values",
    "hidden_params", "response_cost", "custom_llm_provider", "metadata",
]  # fmt: skip
words = st.sampled_from(["GENERATION", "completion", "chat", "LLM", "user", "", "[", '{"a": 1}', '["x"]', "NaN", "7"])
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=20,
)


def read(record: Record, format: str) -> None:
    told = decode(record, formats[format], defaults=Defaults(app="shop"), limits=Limits())
    assert told
    for one in told:
        assert isinstance(one, Sample | Unreadable | Ignored)
        if isinstance(one, Unreadable):
            assert one.error.reason != "format_failed", one.error


@pytest.mark.parametrize("format", sorted(formats))
@given(value=st.binary(max_size=200))
def test_any_bytes(format: str, value: bytes) -> None:
    read(make_record(value), format)


@pytest.mark.parametrize("format", sorted(formats))
@given(document=st.dictionaries(st.sampled_from(FIELDS), documents, max_size=8))
def test_any_document(format: str, document: dict[str, Any]) -> None:
    read(make_record(json.dumps(document)), format)


def any_value(value: object) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value % 2**63)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        return AnyValue(array_value={"values": [any_value(one) for one in value]})  # type: ignore[arg-type]
    if isinstance(value, dict):
        pairs = [KeyValue(key=key, value=any_value(one)) for key, one in value.items()]  # type: ignore[misc]
        return AnyValue(kvlist_value={"values": pairs})  # type: ignore[arg-type]
    return AnyValue(string_value=value) if isinstance(value, str) else AnyValue()


@given(attributes=st.dictionaries(st.sampled_from(NAMES), documents, max_size=8), failed=st.booleans())
def test_any_attributes(attributes: dict[str, Any], failed: bool) -> None:
    data = TracesData()
    span = data.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    span.attributes.extend(KeyValue(key=key, value=any_value(value)) for key, value in attributes.items())
    span.status.MergeFrom(Status(code=Status.STATUS_CODE_ERROR if failed else Status.STATUS_CODE_OK))
    read(make_record(data.SerializeToString()), "otlp")


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
somethings = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
calls = st.builds(ToolCall, name=somethings, arguments=texts, id=texts)
parts = st.builds(Part, texts) | st.sampled_from([Part("", "image_url"), Part("", "input_audio")])
messages = st.builds(
    Message,
    role=st.sampled_from(["system", "user", "assistant", "tool"]),
    parts=st.lists(parts, max_size=3).map(tuple),
    tool_calls=st.lists(calls, max_size=2).map(tuple),
    name=texts,
)
numbers = st.none() | st.floats(0, 1e9)
counts = st.none() | st.integers(0, 2**32 - 1)
json_texts = st.sampled_from(["", '{"type":"object"}', '{"a":[1,2]}'])
samples = st.builds(
    Sample,
    id=st.just(UUID(int=0)),
    producer_id=st.text(string.ascii_letters, min_size=1, max_size=8),
    time=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda time: time.replace(tzinfo=UTC)),  # noqa: DTZ001
    app=somethings,
    output=st.none() | texts,
    messages=st.lists(messages, max_size=3).map(tuple),
    tool_calls=st.lists(calls, max_size=2).map(tuple),
    context=st.lists(texts, max_size=3).map(tuple),
    references=st.lists(texts, max_size=3).map(tuple),
    expected_format=st.sampled_from(["", "json"]),
    json_schema=json_texts,
    tools=json_texts,
    tests=json_texts,
    language=st.sampled_from(["", "de"]),
    error=texts,
    finish_reason=texts,
    latency_ms=numbers,
    first_token_ms=numbers,
    tokens_in=counts,
    tokens_out=counts,
    cost_usd=numbers,
    model=texts,
    provider=texts,
    prompt_version=texts,
    release=texts,
    env=texts,
    trace_id=texts,
    conversation_id=texts,
    user=texts,
    tags=st.dictionaries(texts, texts, max_size=3).map(Tags),
)


@given(sample=samples)
def test_what_is_written_reads_the_same(sample: Sample) -> None:
    record = make_record(native.write(sample))
    (read_again,) = decode(record, formats["native"], defaults=Defaults(), limits=Limits())

    assert isinstance(read_again, Sample)
    expected = identity(sample.producer_id, sample.app, record, 0)
    assert {**read_again.__dict__, "id": expected} == {**sample.__dict__, "id": expected}
    assert read_again.id == expected
