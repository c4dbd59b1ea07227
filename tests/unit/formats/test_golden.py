"""What the field's own libraries wrote, read: every dialect tells the same calls."""

from pathlib import Path
from typing import Any

import pytest

from monitor.formats import Decoded, Defaults, Ignored, Limits, Unreadable, decode, formats
from monitor.formats.recognise import recognise
from monitor.model import Sample
from tests.builders import make_record

WIRE = Path(__file__).parents[2] / "wire"
TRACES = ("genai", "traceloop", "traceloop_2025", "openinference")
"""Instrumentations that put messages into spans."""
LOGS = ("genai_operation", "genai_events")
"""Those that put them into log events."""


def read(path: str, *, format: str = "auto", app: str = "") -> list[Decoded]:
    record = make_record((WIRE / path).read_bytes())
    return decode(record, formats[format], defaults=Defaults(app=app), limits=Limits())


def samples(path: str, *, format: str = "auto", app: str = "") -> list[Sample]:
    return [one for one in read(path, format=format, app=app) if isinstance(one, Sample)]


def tells_the_conversation(sample: Sample) -> None:
    assert [(message.role, message.text) for message in sample.messages] == [
        ("system", "You help customers."),
        ("user", "When does my order ship?"),
    ]


@pytest.mark.parametrize("encoding", ["pb", "json"])
@pytest.mark.parametrize("dialect", TRACES)
def test_spans_tell_of_every_call_of_a_model_and_of_nothing_else(dialect: str, encoding: str) -> None:
    told = samples(f"otlp/{dialect}.traces.{encoding}", format="otlp")

    answered, called, structured, failed = told
    for sample in told:
        tells_the_conversation(sample)
        assert (sample.app, sample.release, sample.env) == ("shop", "1.4.0", "prod")
        assert sample.latency_ms is not None
        assert 0 < sample.latency_ms < 60_000
        assert len(sample.trace_id) == 32
        assert sample.provider == "openai"
    assert answered.output == "Your order ships tomorrow."
    assert (answered.tokens_in, answered.tokens_out) == (31, 6)
    assert "gpt-4o-mini" in answered.model
    assert answered.finish_reason == "stop"
    assert called.output == ""
    assert [(call.name, call.arguments.replace(" ", "")) for call in called.tool_calls] == [
        ("order_status", '{"order":4711}')
    ]
    assert structured.output == '{"ships": "tomorrow"}'
    assert failed.output is None
    assert "overloaded" in failed.error
    assert len({sample.id for sample in told}) == 4


@pytest.mark.parametrize("encoding", ["pb", "json"])
@pytest.mark.parametrize("dialect", LOGS)
def test_log_events_tell_of_the_same_calls(dialect: str, encoding: str) -> None:
    answered, called, structured, *rest = samples(f"otlp/{dialect}.logs.{encoding}", format="otlp")

    tells_the_conversation(answered)
    assert answered.output == "Your order ships tomorrow."
    assert answered.app == "shop"
    assert answered.finish_reason == "stop"
    assert [call.name for call in called.tool_calls] == ["order_status"]
    assert structured.output == '{"ships": "tomorrow"}'
    assert all(sample.error for sample in rest)


@pytest.mark.parametrize("dialect", LOGS)
def test_a_span_without_its_text_is_ignored_and_its_events_have_its_id(dialect: str) -> None:
    spans = read(f"otlp/{dialect}.traces.pb", format="otlp")
    told = samples(f"otlp/{dialect}.logs.pb", format="otlp")

    ignored = [one for one in spans if isinstance(one, Ignored)]
    assert [one.reason for one in ignored] == ["no_content"] * 3
    (failed,) = [one for one in spans if isinstance(one, Sample)]
    assert failed.error
    assert failed.trace_id == told[0].trace_id


def test_tools_that_were_offered_are_known_where_they_are_told() -> None:
    for dialect in ("traceloop", "traceloop_2025", "openinference"):
        assert '"order_status"' in samples(f"otlp/{dialect}.traces.pb")[1].tools, dialect


def test_an_answer_in_json_is_wanted_where_it_is_told() -> None:
    for dialect in ("genai", "traceloop", "openinference"):
        assert samples(f"otlp/{dialect}.traces.pb")[2].expects_json, dialect
    for dialect in ("traceloop", "openinference"):
        assert '"ships"' in samples(f"otlp/{dialect}.traces.pb")[2].json_schema, dialect


def test_both_encodings_say_the_same() -> None:
    for path in sorted((WIRE / "otlp").glob("*.pb")):
        binary = samples(f"otlp/{path.name}", format="otlp")
        text = samples(f"otlp/{path.stem}.json", format="otlp")
        assert binary == text, path


@pytest.mark.parametrize("name", ["text", "messages", "tools", "structured"])
def test_responses(name: str) -> None:
    (sample,) = samples(f"responses/{name}.json", app="shop")

    if name != "text":
        tells_the_conversation(sample)
    assert [message.role for message in sample.messages] == ["system", "user"]
    assert (sample.tokens_in, sample.tokens_out, sample.model) == (31, 6, "gpt-4o-mini")
    assert sample.producer_id == "resp_B1"
    if name == "tools":
        assert (sample.output, sample.finish_reason) == ("", "tool_calls")
        assert [(call.name, call.id) for call in sample.tool_calls] == [("order_status", "call_1")]
        assert "order_status" in sample.tools
    else:
        assert sample.finish_reason == "stop"
    assert sample.expects_json == (name == "structured")


@pytest.mark.parametrize("name", ["chat", "tools", "structured", "failure"])
def test_litellm(name: str) -> None:
    (sample,) = samples(f"litellm/{name}.json", app="shop")

    tells_the_conversation(sample)
    assert sample.user == "user-17"
    assert sample.latency_ms is not None
    assert sample.first_token_ms is None, "nothing was streamed"
    if name == "failure":
        assert sample.output is None
        assert "overloaded" in sample.error
        assert sample.tokens_in is None
        return
    assert (sample.tokens_in, sample.tokens_out) == (31, 6)
    assert sample.cost_usd == pytest.approx(8.25e-06)
    assert sample.model_version == "gpt-4o-mini-2024-07-18"
    assert sample.expects_json == (name == "structured")
    if name == "tools":
        assert [call.name for call in sample.tool_calls] == ["order_status"]
        assert "order_status" in sample.tools


@pytest.mark.parametrize("name", ["api.jsonl", "export.jsonl"])
def test_langfuse_observations(name: str) -> None:
    span, answered, failed = read(f"langfuse/{name}", app="shop")

    assert isinstance(span, Ignored)
    assert span.reason == "no_model_call"
    assert isinstance(answered, Sample)
    tells_the_conversation(answered)
    assert answered.output == "Your order ships tomorrow."
    assert (answered.tokens_in, answered.tokens_out) == (31, 6)
    assert (answered.latency_ms, answered.first_token_ms) == (812.5, 200.0)
    assert answered.cost_usd == pytest.approx(8.25e-06)
    assert (answered.prompt_version, answered.release, answered.env) == ("help/4", "1.4.0", "production")
    assert (answered.user, answered.conversation_id, answered.trace_id) == ("user-17", "session-3", "trace-9")
    assert answered.time.isoformat() == "2026-11-01T12:00:00+00:00"
    assert answered.tags["beta"] == "true"
    assert isinstance(failed, Sample)
    assert (failed.output, failed.error) == (None, "The engine is overloaded.")


def test_langfuse_scores_alone_say_where_they_belong() -> None:
    for one in read("langfuse/scores.jsonl", app="shop"):
        assert isinstance(one, Ignored)
        assert one.reason == "score"


def test_label_studio() -> None:
    good, bad, skipped = samples("label_studio/export.json")

    assert (good.prompt, good.output) == ("When does my order ship?", "Your order ships tomorrow.")
    assert (good.app, good.producer_id) == ("shop", "call-1")
    assert good.tags == {"label.quality": "good", "label.tone": "5"}
    assert bad.tags == {"label.quality": "bad", "label.correction": "Your order ships tomorrow."}
    assert skipped.tags == {}


def test_label_studio_exports_without_regions() -> None:
    good, bad = samples("label_studio/export_min.json")

    assert good.tags == {"label.quality": "good", "label.tone": "5"}
    assert bad.tags == {"label.quality": "bad", "label.correction": "Your order ships tomorrow."}


@pytest.mark.parametrize(
    ("path", "format"),
    [
        ("openai/chat.json", "openai"),
        ("openai/stream.json", "openai"),
        ("openai/error.json", "openai"),
        ("responses/text.json", "openai_responses"),
        ("litellm/chat.json", "litellm"),
        ("litellm/failure.json", "litellm"),
        ("langfuse/api.jsonl", "langfuse"),
        ("langfuse/export.jsonl", "langfuse"),
        ("langfuse/scores.jsonl", "langfuse"),
        ("label_studio/export.json", "label_studio"),
        ("label_studio/export_min.json", "label_studio"),
        *[(f"otlp/{path.name}", "otlp") for path in sorted((WIRE / "otlp").glob("*.[pj]*"))
          if path.suffix in {".pb", ".json"}],
    ],
)  # fmt: skip
def test_each_is_recognised(path: str, format: str) -> None:
    found = recognise((WIRE / path).read_bytes())

    assert found.name == format
    assert found.why


def test_records_of_several_formats_go_side_by_side() -> None:
    lines = [
        b'{"id": "1", "app": "shop", "input": "Hello?", "output": "Hello!"}',
        (WIRE / "openai/chat.json").read_bytes().strip(),
        (WIRE / "litellm/chat.json").read_bytes().strip(),
    ]
    told = decode(make_record(b"\n".join(lines)), formats["auto"], defaults=Defaults(app="shop"), limits=Limits())

    assert [one.output for one in told if isinstance(one, Sample)] == [
        "Hello!",
        "Your order ships tomorrow.",
        "Your order ships tomorrow.",
    ]


@pytest.mark.parametrize(
    ("value", "reason", "says"),
    [
        (b'{"id": 1, "text": "?"}', "unknown_format", "id, text"),
        (b'{"id": "1", "input": "a", "out', "truncated", "middle"),
        (b"[1, 2]", "wrong_type", "object"),
        (b"[]", "empty", ""),
        (b"hello", "not_json", "hello"),
        (b"\xff\xfe", "not_utf8", "0xff"),
        (b"\n\x03abc", "not_otlp", "neither"),
        (b"\n", "empty", "empty"),
        (None, "tombstone", ""),
    ],
)
def test_what_is_not_recognised_says_what_was_seen(value: bytes | None, reason: str, says: str) -> None:
    told = decode(make_record(value), formats["auto"], defaults=Defaults(app="shop"), limits=Limits())

    assert all(isinstance(one, Unreadable) for one in told)
    first = told[0]
    assert isinstance(first, Unreadable)
    assert first.error.reason == reason
    assert says in str(first.error)


def test_a_document_that_could_be_of_two_formats_is_neither() -> None:
    document = b'{"input": "a", "output": "b", "request": {"messages": [], "input": ""}, "response": null}'
    (one,) = decode(make_record(document), formats["auto"], defaults=Defaults(app="shop"), limits=Limits())

    assert isinstance(one, Unreadable)
    assert one.error.reason == "ambiguous_format"
    assert "openai or openai_responses" in str(one.error)


ANSWERS_IN_JSON = ['{"ships":  "tomorrow"}', '["a", "b"]', '[{"content": "x"}]', "[1, 2]", '{"content": "x"}']


@pytest.mark.parametrize("text", ANSWERS_IN_JSON)
def test_an_answer_that_is_json_stays_as_the_model_wrote_it(text: str) -> None:
    asked = [{"role": "user", "content": "JSON, please."}]
    observation = {"id": "o", "trace_id": "t", "start_time": "2026-11-01T12:00:00Z", "type": "GENERATION"}
    spoken = {
        "openinference.span.kind": "LLM",
        "input.value": text,
        "output.value": text,
    }
    older = {"gen_ai.operation.name": "chat", "gen_ai.prompt": text, "gen_ai.completion": text}
    counted = {"gen_ai.operation.name": "chat", "gen_ai.prompt.0.content": text, "gen_ai.completion.0.content": text}
    records = [observation | {"input": asked, "output": text}, *map(one_span, (spoken, older, counted))]

    for record in records:
        (one,) = decode(make_record(record), formats["auto"], defaults=Defaults(app="shop"), limits=Limits())
        assert isinstance(one, Sample), one
        assert one.output == text
        assert one.prompt in {text, "JSON, please."}


def one_span(attributes: dict[str, str]) -> dict[str, Any]:
    pairs = [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
    return {"resourceSpans": [{"scopeSpans": [{"spans": [{"spanId": "ab", "attributes": pairs}]}]}]}
