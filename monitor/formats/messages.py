"""Messages as producers write them when no schema holds them: in any of the field's shapes, or as JSON text of one."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from monitor.errors import InvalidRecord
from monitor.model import Message, Part, ToolCall

Table = Mapping[str, Any]


def table(value: object) -> Table:
    """A table, or an empty one where there is none."""
    return cast(Table, value) if isinstance(value, Mapping) else {}


def items(value: object) -> Sequence[Any]:
    """An array's items; a single thing is an array of one, nothing is an empty one."""
    if value is None:
        return ()
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else (value,)


def opened(value: object) -> Any:
    """What a text holds when it is the JSON of an array or an object; anything else as it is."""
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value


def as_json(value: object) -> str:
    """JSON text of a structure; text is taken to be JSON already, nothing stays nothing."""
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def conversation(text: str) -> Any:
    """The messages that a text is the JSON of; any other text as it is: a model may be asked for JSON, and answer it.

    >>> conversation('["a", {"b": 1}]')
    '["a", {"b": 1}]'
    >>> conversation('[{"role": "user", "content": "Hi"}]')
    [{'role': 'user', 'content': 'Hi'}]
    """
    document = opened(text)
    if isinstance(table(document).get("messages"), list):
        return document
    said = items(document)
    return document if said and all("role" in table(one) for one in said) else text


def read_messages(value: object, field: str, *, role: str = "user") -> tuple[Message, ...]:
    """A conversation: messages, one message, a text, or the JSON of messages.

    Args:
        value: what was said.
        field: where, for messages about it.
        role: who said what does not say it.

    Raises:
        InvalidRecord: it is none of these; the field is named.
    """
    if isinstance(value, str):
        value = conversation(value)
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (Message(role, (Part(value),)),)
    if isinstance(value, Mapping):
        inner = table(cast(object, value)).get("messages")
        if isinstance(inner, list):
            return read_messages(cast(object, inner), f"{field}.messages", role=role)
        return (read_message(cast(object, value), field, role=role),)
    if not isinstance(value, Sequence):
        raise InvalidRecord("wrong_type", f"expected messages, got {type(value).__name__}", field=field)
    return tuple(
        read_message(one, f"{field}[{position}]", role=role)
        for position, one in enumerate(cast("Sequence[object]", value))
    )


def read_message(value: object, field: str, *, role: str = "user") -> Message:
    """One message, with content or parts, and tool calls beside them or among them.

    Raises:
        InvalidRecord: it is no message; the field is named.
    """
    if isinstance(value, str):
        return Message(role, (Part(value),))
    if not isinstance(value, Mapping):
        raise InvalidRecord("wrong_type", f"expected a message, got {type(value).__name__}", field=field)
    said = cast(Table, value)
    calls = [read_tool_call(one, f"{field}.tool_calls") for one in items(said.get("tool_calls"))]
    parts: list[Part] = []
    for one in items(said["parts"] if said.get("parts") is not None else said.get("content")):
        if table(one).get("type") in {"tool_call", "tool_use"}:
            calls.append(read_tool_call(one, f"{field}.parts"))
        elif one is not None:
            parts.append(_part(one))
    return Message(
        role=_said(said.get("role")) or role,
        parts=tuple(parts),
        tool_calls=tuple(calls),
        name=_said(said.get("name")),
    )


def read_tool_call(value: object, field: str) -> ToolCall:
    """A tool call, flat or nested under ``function``.

    Raises:
        InvalidRecord: it is none; the field is named.
    """
    if not isinstance(value, Mapping):
        raise InvalidRecord("wrong_type", f"expected a tool call, got {type(value).__name__}", field=field)
    said = cast(Table, value)
    function: object = said.get("function")
    inner = cast(Table, function) if isinstance(function, Mapping) else said
    arguments = inner.get("arguments", inner.get("input"))
    return ToolCall(
        name=_said(inner.get("name")),
        arguments=as_json(arguments),
        id=_said(said.get("call_id") or said.get("id")),
    )


def read_response_format(value: object) -> tuple[str, str]:
    """What OpenAI's ``response_format`` asks for: ``json`` or nothing, and the schema as JSON text."""
    form = table(value)
    schema = table(form.get("json_schema")).get("schema")
    return "json" if form.get("type") in {"json_object", "json_schema"} else "", as_json(schema)


def answer(messages: Sequence[Message]) -> tuple[str | None, tuple[ToolCall, ...]]:
    """The first of several answers: its text, which is None where there is no answer, and the tools it asks for."""
    if not messages:
        return None, ()
    first = messages[0]
    return first.text if first.parts else "" if first.tool_calls else None, first.tool_calls


def _part(value: object) -> Part:
    if isinstance(value, str):
        return Part(value)
    if not isinstance(value, Mapping):
        return Part(as_json(value))
    said = cast(Table, value)
    kind = _said(said.get("type")) or "text"
    if kind in _TEXTS:
        text = said.get("text", said.get("content"))
        return Part(text if isinstance(text, str) else as_json(text))
    if kind in _RESULTS:
        return Part(as_json(said.get("response", said.get("result", said.get("content")))))
    return Part("", kind)


_TEXTS = frozenset({"text", "input_text", "output_text", "refusal"})
_RESULTS = frozenset({"tool_call_response", "tool_result"})


def _said(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
