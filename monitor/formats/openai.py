"""OpenAI chat completions: ``{"request": {…}, "response": {…}}``, streams already joined."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from monitor.model import Record, Sample

from .base import Defaults, application, event_time, formats, identity, inside, parsed, tags
from .native import Amount, Count, Text, WireMessage


class ResponseFormat(Struct, frozen=True):
    """How the answer was asked to look."""

    type: str = "text"
    json_schema: dict[str, Any] | None = None


class Request(Struct, frozen=True):
    """What was sent to ``/chat/completions``."""

    messages: list[WireMessage]
    model: Text = None
    tools: list[Any] | None = None
    response_format: ResponseFormat | None = None
    user: Text = None
    metadata: dict[str, Any] | None = None


class Choice(Struct, frozen=True):
    """One answer of possibly several."""

    message: WireMessage
    finish_reason: Text = None


class Usage(Struct, frozen=True):
    """Tokens as the provider counted them."""

    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None


class Failure(Struct, frozen=True):
    """What the provider said when it failed."""

    message: Text = None
    type: Text = None


class Response(Struct, frozen=True):
    """What came back: choices, or an error."""

    id: Text = None
    model: Text = None
    created: int | float | None = None
    choices: list[Choice] = field(default_factory=list[Choice])
    usage: Usage | None = None
    error: Failure | None = None


class Exchange(Struct, frozen=True):
    """Request and response, and what only the caller knows."""

    request: Request
    response: Response | None
    app: Text = None
    timestamp: str | int | float | None = None
    latency_ms: Amount | None = None
    first_token_ms: Amount | None = None
    cost_usd: Amount | None = None
    trace_id: Text = None
    conversation_id: Text = None
    error: Text = None
    tags: dict[str, str] | None = None


_decoder = msgspec.json.Decoder(Exchange)


class OpenAI:
    """OpenAI chat completions: request and response, streams already joined; the first choice is the answer."""

    lacks = frozenset({"references", "tests", "context"})

    def signs(self, document: Mapping[str, msgspec.Raw], /) -> tuple[str, ...]:
        request = inside(document, "request")
        return ("request.messages", "request", "response") if "messages" in request and "response" in document else ()

    def sample(self, value: bytes, record: Record, index: int, defaults: Defaults, /) -> Sample:
        wire = parsed(value, _decoder)
        request, response = wire.request, wire.response or Response()
        app = application(wire.app, defaults)
        choice = response.choices[0] if response.choices else None
        answer = choice.message.read() if choice else None
        usage = response.usage or Usage()
        form = request.response_format or ResponseFormat()
        producer_id = response.id or ""
        time = wire.timestamp if wire.timestamp is not None else response.created
        return Sample(
            id=identity(producer_id, app, record, index),
            time=event_time(time, record, field="timestamp" if wire.timestamp is not None else "response.created"),
            app=app,
            output=answer.text if answer and answer.parts else None if not (answer and answer.tool_calls) else "",
            messages=tuple(message.read() for message in request.messages),
            tool_calls=answer.tool_calls if answer else (),
            expected_format="json" if form.type in {"json_object", "json_schema"} else "",
            json_schema=_schema(form),
            tools="" if request.tools is None else msgspec.json.encode(request.tools).decode(),
            error=wire.error or (response.error.message or response.error.type or "error" if response.error else ""),
            finish_reason=(choice.finish_reason or "") if choice else "",
            latency_ms=wire.latency_ms,
            first_token_ms=wire.first_token_ms,
            tokens_in=usage.prompt_tokens,
            tokens_out=usage.completion_tokens,
            cost_usd=wire.cost_usd,
            producer_id=producer_id,
            model=request.model or response.model or "",
            model_version=response.model or "",
            provider="openai",
            trace_id=wire.trace_id or "",
            conversation_id=wire.conversation_id or "",
            user=request.user or "",
            tags=tags(request.metadata or {}, defaults.tags, wire.tags),
            index=index,
        )


formats.add("openai", OpenAI())


def _schema(form: ResponseFormat) -> str:
    schema = (form.json_schema or {}).get("schema")
    return msgspec.json.encode(schema).decode() if isinstance(schema, dict) else ""
