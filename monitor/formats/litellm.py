"""LiteLLM's standard logging payload, as its callbacks hand it out."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from monitor.model import Record, Sample

from .base import Defaults, Ignored, application, event_time, formats, identity, parsed, tags
from .messages import Table, answer, items, read_messages, read_response_format, table
from .native import Amount, Count, Text

_CALLS = frozenset({"completion", "acompletion", "text_completion", "atext_completion"})


class Payload(Struct, frozen=True):
    """What we use of a payload."""

    call_type: str
    messages: Any
    response: Any
    id: Text = None
    trace_id: Text = None
    status: str = "success"
    custom_llm_provider: Text = None
    startTime: float | None = None
    endTime: float | None = None
    completionStartTime: float | None = None
    stream: bool | None = None
    model: Text = None
    model_group: Text = None
    metadata: dict[str, Any] | None = None
    response_cost: Amount | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    request_tags: list[str] | None = None
    end_user: Text = None
    error_str: Text = None
    model_parameters: dict[str, Any] = field(default_factory=dict[str, Any])


_decoder = msgspec.json.Decoder(Payload)


class LiteLLM:
    """LiteLLM's standard logging payload."""

    lacks = frozenset({"references", "tests", "context"})

    def signs(self, document: Mapping[str, msgspec.Raw], /) -> tuple[str, ...]:
        own = ("call_type", "response_cost", "hidden_params", "model_parameters", "custom_llm_provider", "startTime")
        found = tuple(name for name in own if name in document)
        return found if len(found) >= _ENOUGH and "messages" in document else ()

    def sample(self, value: bytes, record: Record, index: int, defaults: Defaults, /) -> Sample | Ignored:
        payload = parsed(value, _decoder)
        if payload.call_type not in _CALLS:
            return Ignored(index=index, reason="no_model_call", detail=f"a call of type {payload.call_type!r}")
        metadata = payload.metadata or {}
        app = application(_alias(metadata), defaults)
        response = table(payload.response)
        choice = _choice(response)
        output, tool_calls = answer(read_messages(choice.get("message"), "response.choices[0].message"))
        parameters = payload.model_parameters
        expected_format, json_schema = read_response_format(parameters.get("response_format"))
        failed = payload.status != "success"
        producer_id = payload.id or ""
        return Sample(
            id=identity(producer_id, app, record, index),
            time=event_time(payload.startTime, record, field="startTime"),
            app=app,
            output=choice["text"] if isinstance(choice.get("text"), str) else output,
            messages=read_messages(payload.messages, "messages"),
            tool_calls=tool_calls,
            expected_format=expected_format,
            json_schema=json_schema,
            tools=msgspec.json.encode(parameters["tools"]).decode() if parameters.get("tools") else "",
            error=(payload.error_str or "error") if failed else "",
            finish_reason=str(choice.get("finish_reason") or ""),
            latency_ms=_between(payload.startTime, payload.endTime),
            first_token_ms=_between(payload.startTime, payload.completionStartTime) if payload.stream else None,
            tokens_in=None if failed else payload.prompt_tokens,
            tokens_out=None if failed else payload.completion_tokens,
            cost_usd=payload.response_cost,
            producer_id=producer_id,
            model=payload.model_group or payload.model or "",
            model_version=str(response.get("model") or ""),
            provider=payload.custom_llm_provider or "",
            trace_id=payload.trace_id or "",
            user=payload.end_user or str(parameters.get("user") or ""),
            tags=tags(metadata, defaults.tags, {tag: "true" for tag in payload.request_tags or ()}),
            index=index,
        )


formats.add("litellm", LiteLLM())

_ENOUGH = 4


def _alias(metadata: Mapping[str, Any]) -> str | None:
    """The gateway's name for the key or the team that called, which is an application as a rule."""
    said = metadata.get("user_api_key_alias") or metadata.get("user_api_key_team_alias")
    return said if isinstance(said, str) else None


def _choice(response: Mapping[str, Any]) -> Table:
    return table(next(iter(items(response.get("choices"))), None))


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None or end < start else (end - start) * 1000
