"""Arize's OpenInference conventions: an attribute for each field of each message.

Source: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from typing import Any

import msgspec

from monitor.formats.base import Defaults, Ignored, identity
from monitor.formats.messages import answer, opened, read_messages, read_response_format, table
from monitor.model import Message, Part, Record, Sample, Tags, ToolCall

from .operation import Operation, numbered

KIND = "openinference.span.kind"


def is_call(operation: Operation) -> bool:
    """Whether it is a call of a model, and not of a tool, a retriever, a chain."""
    return operation.attributes.get(KIND) == "LLM"


def read_openinference(operation: Operation, record: Record, index: int, defaults: Defaults) -> Sample | Ignored:
    """The call as a sample; ignored where its content was hidden.

    Raises:
        InvalidRecord: content that is no messages, or no application; the field is named.
    """
    attributes = operation.attributes
    asked = tuple(map(_message, numbered(attributes, "llm.input_messages")))
    answered = tuple(map(_message, numbered(attributes, "llm.output_messages")))
    asked = asked or read_messages(attributes.get("input.value"), "input.value")
    if not answered and attributes.get("output.mime_type", "text/plain") == "text/plain":
        answered = read_messages(attributes.get("output.value"), "output.value", role="assistant")
    error = operation.error()
    if not answered and not error:
        return Ignored(index=index, reason="no_content", detail="a call of a model whose answer was hidden")
    output, tool_calls = answer(answered)
    app = operation.app(defaults)
    expected_format, json_schema = _form(operation)
    producer_id = operation.producer_id
    return Sample(
        id=identity(producer_id, app, record, index),
        time=operation.time(record),
        app=app,
        output=output,
        messages=asked,
        tool_calls=tool_calls,
        context=tuple(
            str(one["document.content"])
            for one in numbered(attributes, "retrieval.documents")
            if one.get("document.content")
        ),
        expected_format=expected_format,
        json_schema=json_schema,
        tools=_tools(operation),
        error=error,
        finish_reason=operation.text("llm.finish_reason"),
        latency_ms=operation.latency_ms,
        tokens_in=operation.count("llm.token_count.prompt"),
        tokens_out=operation.count("llm.token_count.completion"),
        cost_usd=operation.number("llm.cost.total"),
        producer_id=producer_id,
        model=operation.text("llm.model_name"),
        provider=operation.text("llm.provider", "llm.system"),
        prompt_version=operation.text("llm.prompt_template.version"),
        release=str(operation.resource.get("service.version", "")),
        env=str(operation.resource.get("deployment.environment.name", "")),
        trace_id=operation.trace_id,
        conversation_id=operation.text("session.id"),
        user=operation.text("user.id"),
        tags=_tags(operation, defaults),
        index=index,
    )


def _message(said: dict[str, Any]) -> Message:
    parts = [
        Part(str(one.get("message_content.text", "")), "text")
        if one.get("message_content.type", "text") == "text"
        else Part("", str(one["message_content.type"]))
        for one in numbered(said, "message.contents")
    ]
    if said.get("message.content") is not None:
        parts.insert(0, Part(str(said["message.content"])))
    calls = tuple(
        ToolCall(
            name=str(one.get("tool_call.function.name", "")),
            arguments=str(one.get("tool_call.function.arguments", "")),
            id=str(one.get("tool_call.id", "")),
        )
        for one in numbered(said, "message.tool_calls")
    )
    return Message(str(said.get("message.role", "user")), tuple(parts), calls, str(said.get("message.name", "")))


def _form(operation: Operation) -> tuple[str, str]:
    """How the answer was asked to look, which only the parameters of the call say."""
    parameters = table(opened(operation.attributes.get("llm.invocation_parameters")))
    return read_response_format(parameters.get("response_format"))


def _tools(operation: Operation) -> str:
    offered = [opened(one.get("tool.json_schema")) for one in numbered(operation.attributes, "llm.tools")]
    return msgspec.json.encode(offered).decode() if offered else ""


def _tags(operation: Operation, defaults: Defaults) -> Tags:
    known = table(opened(operation.attributes.get("metadata")))
    said = {key: str(known[key]) for key in defaults.tags if known.get(key) is not None}
    return Tags({**said, **operation.tags(defaults.tags)})
