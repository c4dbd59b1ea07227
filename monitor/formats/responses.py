"""OpenAI's Responses API: ``{"request": {…}, "response": {…}}``, streams already joined."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from monitor.model import Message, Part, Record, Sample, ToolCall

from .base import Defaults, application, event_time, formats, identity, inside, parsed, tags
from .messages import as_json, read_messages, read_tool_call, table
from .native import Amount, Count, Text
from .openai import Failure


class TextForm(Struct, frozen=True):
    """How the answer was asked to look."""

    format: dict[str, Any] | None = None


class Request(Struct, frozen=True):
    """What was sent to ``/responses``."""

    input: str | list[Any]
    instructions: Text = None
    model: Text = None
    tools: list[Any] | None = None
    text: TextForm | None = None
    user: Text = None
    safety_identifier: Text = None
    metadata: dict[str, Any] | None = None


class Usage(Struct, frozen=True):
    """Tokens as the provider counted them."""

    input_tokens: Count | None = None
    output_tokens: Count | None = None


class Incomplete(Struct, frozen=True):
    """Why the answer ends early."""

    reason: Text = None


class Response(Struct, frozen=True):
    """What came back."""

    id: Text = None
    model: Text = None
    created_at: int | float | None = None
    status: Text = None
    output: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    usage: Usage | None = None
    error: Failure | None = None
    incomplete_details: Incomplete | None = None


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


class Responses:
    """OpenAI responses: request and response, streams already joined."""

    lacks = frozenset({"references", "tests", "context"})

    def signs(self, document: Mapping[str, msgspec.Raw], /) -> tuple[str, ...]:
        request = inside(document, "request")
        return ("request.input", "request", "response") if "input" in request and "response" in document else ()

    def sample(self, value: bytes, record: Record, index: int, defaults: Defaults, /) -> Sample:
        wire = parsed(value, _decoder)
        request, response = wire.request, wire.response or Response()
        app = application(wire.app, defaults)
        output, tool_calls = _answer(response)
        usage = response.usage or Usage()
        form = (request.text or TextForm()).format or {}
        time = wire.timestamp if wire.timestamp is not None else response.created_at
        producer_id = response.id or ""
        return Sample(
            id=identity(producer_id, app, record, index),
            time=event_time(time, record, field="timestamp" if wire.timestamp is not None else "response.created_at"),
            app=app,
            output=output,
            messages=_asked(request),
            tool_calls=tool_calls,
            expected_format="json" if form.get("type") in {"json_object", "json_schema"} else "",
            json_schema=msgspec.json.encode(form["schema"]).decode() if isinstance(form.get("schema"), dict) else "",
            tools="" if request.tools is None else msgspec.json.encode(request.tools).decode(),
            error=wire.error or (response.error.message or response.error.type or "error" if response.error else ""),
            finish_reason=_finish_reason(response, tool_calls),
            latency_ms=wire.latency_ms,
            first_token_ms=wire.first_token_ms,
            tokens_in=usage.input_tokens,
            tokens_out=usage.output_tokens,
            cost_usd=wire.cost_usd,
            producer_id=producer_id,
            model=request.model or response.model or "",
            model_version=response.model or "",
            provider="openai",
            trace_id=wire.trace_id or "",
            conversation_id=wire.conversation_id or "",
            user=request.user or request.safety_identifier or "",
            tags=tags(request.metadata or {}, defaults.tags, wire.tags),
            index=index,
        )


formats.add("openai_responses", Responses())


def _asked(request: Request) -> tuple[Message, ...]:
    system = (Message("system", (Part(request.instructions),)),) if request.instructions else ()
    if isinstance(request.input, str):
        return (*system, Message("user", (Part(request.input),)))
    return (*system, *(_item(one, f"request.input[{position}]") for position, one in enumerate(request.input)))


def _item(value: object, field_name: str) -> Message:
    """A message, or what a tool was asked for and gave."""
    said = table(value)
    kind = said.get("type", "message")
    if kind == "function_call":
        return Message("assistant", tool_calls=(read_tool_call(said, field_name),))
    if kind == "function_call_output":
        return Message("tool", (Part(as_json(said.get("output"))),))
    if kind != "message" and "role" not in said:
        return Message("assistant", (Part("", str(kind)),))
    return read_messages([value], field_name)[0]


def _answer(response: Response) -> tuple[str | None, tuple[ToolCall, ...]]:
    calls = tuple(
        read_tool_call(item, "response.output") for item in response.output if item.get("type") == "function_call"
    )
    said = [
        message.text
        for item in response.output
        if item.get("type") == "message"
        for message in read_messages([item], "response.output", role="assistant")
    ]
    if said:
        return "\n".join(said), calls
    return ("" if calls else None), calls


def _finish_reason(response: Response, tool_calls: tuple[ToolCall, ...]) -> str:
    """In the words of chat completions, so that truncation is found whichever interface was used."""
    if response.status == "incomplete" and response.incomplete_details:
        reason = response.incomplete_details.reason or "incomplete"
        return "length" if reason == "max_output_tokens" else reason
    if response.status == "completed":
        return "tool_calls" if tool_calls else "stop"
    return response.status or ""
