"""Langfuse observations: as its API gives them, and as its exports write them, with columns in either spelling."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from monitor.model import Message, Record, Sample, Tags

from .base import Defaults, Ignored, application, event_time, formats, identity, parsed, tags
from .messages import answer, as_json, conversation, items, opened, read_messages, table

Row = Mapping[str, Any]
_GENERATION = "GENERATION"
_LARGEST = 1e15
_row = msgspec.json.Decoder(dict[str, Any])
_humps = re.compile(r"(?<!^)(?=[A-Z])")


class Langfuse:
    """Langfuse observations and their scores: API answers and exports as JSONL, CSV and Parquet."""

    lacks = frozenset({"references", "tests", "context"})

    def signs(self, document: Mapping[str, msgspec.Raw], /) -> tuple[str, ...]:
        for own in (_CAMEL, _SNAKE, _SCORE):
            found = tuple(name for name in own if name in document)
            if len(found) == len(own):
                return found + tuple(name for name in ("input", "output") if name in document)
        return ()

    def sample(self, value: bytes, record: Record, index: int, defaults: Defaults, /) -> Sample | Ignored:
        row = _snake(parsed(value, _row))
        reason, detail = _other(row)
        if reason:
            return Ignored(index=index, reason=reason, detail=detail)
        app = application(None, defaults)
        output, tool_calls = answer(_answered(row))
        producer_id = str(row.get("id") or "")
        usage, cost = table(opened(row.get("usage_details"))), table(opened(row.get("cost_details")))
        metadata = table(opened(row.get("metadata")))
        return Sample(
            id=identity(producer_id, app, record, index),
            time=event_time(_time(row, "start_time"), record, field="start_time"),
            app=app,
            output=output,
            messages=read_messages(row.get("input"), "input"),
            tool_calls=tool_calls,
            tools=_tools(row),
            error=_error(row),
            latency_ms=_seconds(row.get("latency")),
            first_token_ms=_seconds(row.get("time_to_first_token")),
            tokens_in=_count(usage.get("input", row.get("prompt_tokens"))),
            tokens_out=_count(usage.get("output", row.get("completion_tokens"))),
            cost_usd=_number(_first(row.get("total_cost"), cost.get("total"))),
            producer_id=producer_id,
            model=str(_first(row.get("model"), row.get("provided_model_name")) or ""),
            prompt_version="/".join(str(row[name]) for name in ("prompt_name", "prompt_version") if row.get(name)),
            release=str(row.get("release") or ""),
            env=str(row.get("environment") or ""),
            trace_id=str(row.get("trace_id") or ""),
            conversation_id=str(row.get("session_id") or ""),
            user=str(row.get("user_id") or ""),
            tags=Tags({**tags(metadata, defaults.tags, None), **_labels(row)}),
            index=index,
        )


formats.add("langfuse", Langfuse())

_CAMEL = ("id", "traceId", "startTime", "type")
_SNAKE = ("id", "trace_id", "start_time", "type")
_SCORE = ("id", "trace_id", "observation_id", "name", "source", "value")


def join_scores(observation: Row, scores: Iterable[Row]) -> dict[str, Any]:
    """An observation with the scores that were exported apart from it."""
    return {**observation, "scores": [*cast(list[Any], observation.get("scores") or []), *scores]}


def _snake(row: Row) -> dict[str, Any]:
    return {_humps.sub("_", name).lower(): value for name, value in row.items()}


def _other(row: Row) -> tuple[str, str]:
    """Why a row is no sample: reason and detail, empty when it is one."""
    if "observation_id" in row and "source" in row:
        return "score", "a score by itself: give it beside the observation that it speaks of, with --scores"
    if row.get("type") != _GENERATION:
        return "no_model_call", f"an observation of type {row.get('type')!r}"
    if "output" not in row and not _error(row):
        return "no_content", "a generation that was exported without its output"
    return "", ""


def _answered(row: Row) -> tuple[Message, ...]:
    """The answer, which is a message, a text or whatever structure the application logs."""
    said: object = row.get("output")
    if not isinstance(said, str):
        said = conversation(as_json(said))
    return read_messages(said, "output", role="assistant")


def _tools(row: Row) -> str:
    """The tools that were offered, which Langfuse keeps among the input."""
    said = opened(row.get("input"))
    offered = table(said).get("tools", row.get("tool_definitions"))
    return as_json(offered) if offered else ""


def _error(row: Row) -> str:
    return str(row.get("status_message") or "error") if row.get("level") == "ERROR" else ""


def _labels(row: Row) -> dict[str, str]:
    """Langfuse's tags, and what others have said of the observation: ``score.NAME``."""
    said = {str(tag): "true" for tag in items(opened(row.get("tags")))}
    for score in items(opened(row.get("scores"))):
        one = _snake(table(score))
        value = _first(one.get("string_value"), one.get("value"))
        if one.get("name") and value is not None:
            said[f"score.{one['name']}"] = str(value)
    return said


def _time(row: Row, name: str) -> str | None:
    """Exports write a blank where ISO 8601 writes a T, which Python reads as well."""
    value = row.get(name)
    return str(value) if value else None


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None and value != ""), None)


def _number(value: object) -> float | None:
    """Cells of a CSV are text."""
    try:
        number = float(cast(Any, value))
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < _LARGEST else None


def _count(value: object) -> int | None:
    number = _number(value)
    return None if number is None or number >= 2**32 else int(number)


def _seconds(value: object) -> float | None:
    number = _number(value)
    return None if number is None else number * 1000
