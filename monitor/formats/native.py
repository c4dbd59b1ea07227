"""Our own JSON: one object a model call. ``evergauge schema`` prints its JSON Schema."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from monitor.errors import InvalidRecord
from monitor.model import Message, Part, Record, Sample, ToolCall

from .base import Defaults, application, event_time, formats, identity, parsed, tags

Count = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Amount = Annotated[float, Meta(ge=0)]
Text = str | None
_NOTHING: Mapping[str, Any] = {}
_LARGEST = 1e15
"""No latency, count or cost is larger."""


class WireToolCall(Struct, frozen=True):
    """A tool call, flat or as OpenAI nests it under ``function``."""

    name: str = ""
    arguments: str | dict[str, Any] | None = None
    id: Text = None
    function: "WireToolCall | None" = None

    def read(self) -> ToolCall:
        inner = self.function or self
        arguments = inner.arguments
        text = arguments if isinstance(arguments, str) else _json(arguments)
        return ToolCall(name=inner.name, arguments=text, id=self.id or "")


class WirePart(Struct, frozen=True):
    """A piece of a message's content."""

    type: str = "text"
    text: Text = None


class WireMessage(Struct, frozen=True):
    """What one role said."""

    role: str
    content: str | list[str | WirePart] | None = None
    tool_calls: list[WireToolCall] | None = None
    name: Text = None

    def read(self) -> Message:
        return Message(
            role=self.role,
            parts=_parts(self.content),
            tool_calls=tuple(call.read() for call in self.tool_calls or ()),
            name=self.name or "",
        )


class WirePassage(Struct, frozen=True):
    """A passage of context with whatever else a retriever says of it."""

    text: str


class WireSample(Struct, frozen=True):
    """One model call."""

    input: Annotated[
        str | list[WireMessage], Meta(description="The prompt, or the messages of the conversation so far.")
    ]
    output: Annotated[Text, Meta(description="The model's answer; null when there is none.")]
    id: Annotated[
        str | int | None, Meta(description="Your id of this call; without one it is made of the record's origin.")
    ] = None
    timestamp: Annotated[
        str | int | float | None,
        Meta(description="ISO 8601 (UTC without a zone) or epoch in seconds to nanoseconds; else the record's time."),
    ] = None
    app: Annotated[Text, Meta(description="Which application; required unless topic or header say it.")] = None
    env: Text = None
    model: Text = None
    model_version: Text = None
    provider: Text = None
    prompt_version: Text = None
    release: Text = None
    trace_id: Text = None
    conversation_id: Text = None
    user: Text = None
    tool_calls: Annotated[list[WireToolCall] | None, Meta(description="Tools that the answer asks for.")] = None
    context: Annotated[str | list[str | WirePassage] | None, Meta(description="Passages to answer from.")] = None
    reference: Annotated[
        str | int | float | bool | list[str] | None, Meta(description="Right answers, any of which will do.")
    ] = None
    expected_format: Annotated[Text, Meta(description="json, code, function_call, or null.")] = None
    json_schema: Annotated[
        dict[str, Any] | bool | None, Meta(description="JSON Schema that the output should satisfy.")
    ] = None
    tests: Annotated[list[Any] | dict[str, Any] | None, Meta(description="Tests for generated code.")] = None
    tools: Annotated[list[Any] | dict[str, Any] | None, Meta(description="Tools that were offered to the model.")] = (
        None
    )
    language: Annotated[Text, Meta(description="ISO 639-1 code of the language to answer in.")] = None
    error: Annotated[Text, Meta(description="What the provider said when the call failed.")] = None
    finish_reason: Text = None
    latency_ms: Amount | None = None
    first_token_ms: Annotated[Amount | None, Meta(description="Until the first token of the answer arrived.")] = None
    tokens_in: Count | None = None
    tokens_out: Count | None = None
    cost_usd: Amount | None = None
    tags: Annotated[dict[str, str] | None, Meta(description="Kept for slicing.")] = None
    metadata: Annotated[
        dict[str, Any] | None,
        Meta(
            description=(
                "Anything else. Read from it when not given above: latency, time_to_first_token (seconds), cost_usd, "
                "input_token_count, output_token_count, conversation_id, tests, tools, language."
            )
        ),
    ] = None


_decoder = msgspec.json.Decoder(WireSample)


class Native:
    """The native JSON sample."""

    def signs(self, document: Mapping[str, msgspec.Raw], /) -> tuple[str, ...]:
        return tuple(name for name in ("input", "output") if name in document)

    def sample(self, value: bytes, record: Record, index: int, defaults: Defaults, /) -> Sample:
        return self.read_wire(parsed(value, _decoder), record, index, defaults)

    def read_wire(self, wire: WireSample, record: Record, index: int, defaults: Defaults) -> Sample:
        """The sample that an object says.

        Raises:
            InvalidRecord: it contradicts itself or lacks its application; the field is named.
        """
        metadata = wire.metadata or _NOTHING
        app = application(wire.app, defaults)
        producer_id = "" if wire.id is None else str(wire.id)
        conversation = wire.conversation_id or _text(metadata, "conversation_id")
        return Sample(
            id=identity(producer_id, app, record, index),
            time=event_time(wire.timestamp, record),
            app=app,
            output=wire.output,
            messages=_messages(wire.input),
            tool_calls=tuple(call.read() for call in wire.tool_calls or ()),
            context=_passages(wire.context),
            references=_references(wire.reference),
            expected_format=wire.expected_format or "",
            json_schema=_json(wire.json_schema),
            tests=_json(wire.tests if wire.tests is not None else metadata.get("tests")),
            tools=_json(wire.tools if wire.tools is not None else metadata.get("tools")),
            language=_language(wire.language or _text(metadata, "language")),
            error=wire.error or "",
            finish_reason=wire.finish_reason or "",
            latency_ms=wire.latency_ms if wire.latency_ms is not None else _seconds(metadata, "latency"),
            first_token_ms=(
                wire.first_token_ms if wire.first_token_ms is not None else _seconds(metadata, "time_to_first_token")
            ),
            tokens_in=wire.tokens_in if wire.tokens_in is not None else _count(metadata, "input_token_count"),
            tokens_out=wire.tokens_out if wire.tokens_out is not None else _count(metadata, "output_token_count"),
            cost_usd=wire.cost_usd if wire.cost_usd is not None else _number(metadata, "cost_usd"),
            producer_id=producer_id,
            model=wire.model or "",
            model_version=wire.model_version or "",
            provider=wire.provider or "",
            prompt_version=wire.prompt_version or "",
            release=wire.release or "",
            env=wire.env or "",
            trace_id=wire.trace_id or "",
            conversation_id=conversation,
            user=wire.user or "",
            tags=tags(metadata, defaults.tags, wire.tags),
            index=index,
        )


formats.add("native", Native())


def json_schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of a native sample."""
    schema: dict[str, object] = msgspec.json.schema(WireSample)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Evergauge sample", **schema}


def write(sample: Sample) -> bytes:
    """The sample as a native JSON object, which reads as the same sample again."""
    said: dict[str, object] = {
        "id": sample.producer_id or str(sample.id),
        "timestamp": sample.time.isoformat(),
        "input": [_written(message) for message in sample.messages],
        "output": sample.output,
    }
    if sample.tool_calls:
        said["tool_calls"] = [_written_call(call) for call in sample.tool_calls]
    said |= {name: getattr(sample, name) for name in _SAME if getattr(sample, name) not in (None, "", ())}
    said |= {name: msgspec.Raw(getattr(sample, name).encode()) for name in _JSON if getattr(sample, name)}
    if sample.references:
        said["reference"] = sample.references
    if sample.tags:
        said["tags"] = sample.tags
    return msgspec.json.encode(said)


_SAME = (
    "app", "env", "model", "model_version", "provider", "prompt_version", "release", "trace_id", "conversation_id",
    "user", "context", "expected_format", "language", "error", "finish_reason", "latency_ms", "first_token_ms",
    "tokens_in", "tokens_out", "cost_usd",
)  # fmt: skip
_JSON = ("json_schema", "tests", "tools")


def _written(message: Message) -> dict[str, object]:
    plain = len(message.parts) == 1 and message.parts[0].kind == "text"
    said: dict[str, object] = {"role": message.role}
    if message.parts:
        said["content"] = message.parts[0].text if plain else [_written_part(part) for part in message.parts]
    if message.tool_calls:
        said["tool_calls"] = [_written_call(call) for call in message.tool_calls]
    if message.name:
        said["name"] = message.name
    return said


def _written_part(part: Part) -> dict[str, str]:
    return {"type": "text", "text": part.text} if part.kind == "text" else {"type": part.kind}


def _written_call(call: ToolCall) -> dict[str, str]:
    return {"name": call.name, "arguments": call.arguments, "id": call.id}


def _messages(value: str | list[WireMessage]) -> tuple[Message, ...]:
    if isinstance(value, str):
        return (Message("user", (Part(value),)),)
    return tuple([message.read() for message in value])


def _parts(content: str | list[str | WirePart] | None) -> tuple[Part, ...]:
    if content is None:
        return ()
    if isinstance(content, str):
        return (Part(content),)
    return tuple(
        Part(part) if isinstance(part, str) else Part(part.text or "", "text" if part.text is not None else part.type)
        for part in content
    )


def _passages(value: str | list[str | WirePassage] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(passage if isinstance(passage, str) else passage.text for passage in value)


def _references(value: str | float | bool | list[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(value)
    return (value if isinstance(value, str) else _json(value),)


def _json(value: object) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()


def _text(metadata: Mapping[str, object], key: str) -> str:
    value = metadata.get(key)
    return value if isinstance(value, str) else ""


def _language(value: str) -> str:
    """Metadata often calls a programming language ``language`` too: only two letters are ISO 639-1."""
    return value.lower() if len(value) == 2 else ""


def _number(metadata: Mapping[str, object], key: str) -> float | None:
    if key not in metadata:
        return None
    value = metadata.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRecord("wrong_type", f"expected a number, got {type(value).__name__}", field=f"metadata.{key}")
    if not 0 <= value <= _LARGEST:
        raise InvalidRecord("out_of_range", f"expected a number from 0 to {_LARGEST:g}", field=f"metadata.{key}")
    return float(value)


def _seconds(metadata: Mapping[str, object], key: str) -> float | None:
    """Milliseconds of what is given in seconds."""
    value = _number(metadata, key)
    return None if value is None else value * 1000


def _count(metadata: Mapping[str, object], key: str) -> int | None:
    value = _number(metadata, key)
    if value is not None and value > 2**32 - 1:
        raise InvalidRecord("out_of_range", "expected a number below 2**32", field=f"metadata.{key}")
    return None if value is None else int(value)
