"""OpenTelemetry's conventions for generative AI, from the first drafts and OpenLLMetry's dialect to today's.

Source: https://github.com/open-telemetry/semantic-conventions-genai
"""

from typing import Any

import msgspec

from monitor.formats.base import Defaults, Ignored, identity
from monitor.formats.messages import (
    answer,
    as_json,
    items,
    opened,
    read_message,
    read_messages,
    read_tool_call,
    table,
)
from monitor.model import Message, Part, Record, Sample

from .logs import CHOICE, MESSAGES
from .operation import Operation, numbered

_CALLS = frozenset({"chat", "text_completion", "generate_content", "completion"})
_PROMPT, _COMPLETION = "gen_ai.content.prompt", "gen_ai.content.completion"
_PROVIDERS = ("gen_ai.provider.name", "gen_ai.system")


def is_call(operation: Operation) -> bool:
    """Whether it is a call of a model that writes text, and not of a tool, an agent or an embedding."""
    kind = operation.text("gen_ai.operation.name", "llm.request.type")
    if kind:
        return kind in _CALLS
    return any(name in operation.attributes for name in ("gen_ai.request.model", *_PROVIDERS))


def read_genai(operation: Operation, record: Record, index: int, defaults: Defaults) -> Sample | Ignored:
    """The call as a sample; ignored where its content was not recorded.

    Raises:
        InvalidRecord: content that is no messages, or no application; the field is named.
    """
    asked, answered = _asked(operation), _answered(operation)
    error = operation.error()
    if not answered and not error:
        return Ignored(index=index, reason="no_content", detail=_WITHOUT)
    output, tool_calls = answer(answered)
    app = operation.app(defaults)
    schema = operation.text("gen_ai.request.structured_output_schema")
    first_token = operation.number("gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token")
    producer_id = operation.producer_id
    return Sample(
        id=identity(producer_id, app, record, index),
        time=operation.time(record),
        app=app,
        output=output,
        messages=asked,
        tool_calls=tool_calls,
        expected_format="json" if schema or _wants_json(operation) else "",
        json_schema=schema,
        tools=_tools(operation),
        error=error,
        finish_reason=_finish_reason(operation),
        latency_ms=operation.latency_ms,
        first_token_ms=None if first_token is None else first_token * 1000,
        tokens_in=operation.count("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        tokens_out=operation.count("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        cost_usd=operation.number("gen_ai.usage.cost"),
        producer_id=producer_id,
        model=operation.text("gen_ai.request.model", "gen_ai.response.model"),
        model_version=operation.text("gen_ai.response.model"),
        provider=operation.text(*_PROVIDERS).lower(),
        release=str(operation.resource.get("service.version", "")),
        env=str(
            operation.resource.get("deployment.environment.name")
            or operation.resource.get("deployment.environment", "")
        ),
        trace_id=operation.trace_id,
        conversation_id=operation.text("gen_ai.conversation.id", "session.id"),
        user=operation.text("user.id", "enduser.id", "traceloop.association.properties.user_id"),
        tags=operation.tags(defaults.tags),
        index=index,
    )


_WITHOUT = "a call of a model whose answer was not recorded: switch on content capture, or read its log events"


def _asked(operation: Operation) -> tuple[Message, ...]:
    attributes = operation.attributes
    instructions = opened(attributes.get("gen_ai.system_instructions"))
    told = read_messages(instructions, "gen_ai.system_instructions", role="system")
    system = (Message("system", tuple(part for one in told for part in one.parts)),) if told else ()
    messages = read_messages(attributes.get("gen_ai.input.messages"), "gen_ai.input.messages")
    if not messages:
        messages = tuple(_numbered(one, "gen_ai.prompt") for one in numbered(attributes, "gen_ai.prompt"))
    if not messages:
        messages = _from_events(operation)
    return system + (messages or read_messages(attributes.get("gen_ai.prompt"), "gen_ai.prompt"))


def _answered(operation: Operation) -> tuple[Message, ...]:
    attributes = operation.attributes
    said = attributes.get("gen_ai.output.messages")
    if said is not None:
        return read_messages(said, "gen_ai.output.messages", role="assistant")
    counted = numbered(attributes, "gen_ai.completion")
    if counted:
        return tuple(_numbered(one, "gen_ai.completion") for one in counted)
    for name, body in operation.events:
        if name == CHOICE:
            said = table(opened(body.get("gen_ai.event.content")) or body)
            return (read_message(said.get("message", said), CHOICE, role="assistant"),)
        if name == _COMPLETION:
            return read_messages(body.get("gen_ai.completion"), "gen_ai.completion", role="assistant")
    return read_messages(attributes.get("gen_ai.completion"), "gen_ai.completion", role="assistant")


def _from_events(operation: Operation) -> tuple[Message, ...]:
    """Messages that events tell of one by one, in the order in which they were sent."""
    messages: list[Message] = []
    for name, said in operation.events:
        body = opened(said.get("gen_ai.event.content")) or said
        if name in MESSAGES:
            messages.append(read_message(body, name, role=name.split(".")[1]))
        elif name == _PROMPT:
            messages.extend(read_messages(said.get("gen_ai.prompt"), "gen_ai.prompt"))
    return tuple(messages)


def _numbered(said: dict[str, Any], field: str) -> Message:
    """OpenLLMetry's dialect: an attribute for each field of each message."""
    content = opened(said.get("content"))
    calls = tuple(read_tool_call(one, f"{field}.tool_calls") for one in numbered(said, "tool_calls"))
    structured = items(content)
    if structured and all("type" in table(one) for one in structured):
        parts = read_message({"content": structured}, field).parts
    else:  # what looks like JSON may be what the model wrote
        parts = () if content is None else (Part(str(said["content"])),)
    return Message(str(said.get("role", "user")), parts, calls)


def _wants_json(operation: Operation) -> bool:
    form = operation.text("gen_ai.output.type", "gen_ai.openai.request.response_format")
    return form in {"json", "json_object", "json_schema"}


def _tools(operation: Operation) -> str:
    offered = operation.attributes.get("gen_ai.tool.definitions")
    if offered is not None:
        return as_json(offered)
    functions = [
        {**one, "parameters": opened(one.get("parameters"))}
        for one in numbered(operation.attributes, "llm.request.functions")
    ]
    return msgspec.json.encode(functions).decode() if functions else ""


def _finish_reason(operation: Operation) -> str:
    for said in items(operation.attributes.get("gen_ai.response.finish_reasons")):
        return str(said)
    for name, body in operation.events:
        if name == CHOICE:
            return str(body.get("finish_reason") or "")
    return operation.text("gen_ai.completion.0.finish_reason")
