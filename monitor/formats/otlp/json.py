"""OTLP as JSON: the Collector's ``otlp_json``, ids as hexadecimal digits and large numbers as text."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from monitor.errors import InvalidRecord
from monitor.formats.base import parsed

from .logs import Event
from .operation import Broken, Operation

_ERROR = 2
Number = int | str


class Values(Struct, frozen=True):
    """An array."""

    values: "list[Value]" = field(default_factory=lambda: [])


class Pairs(Struct, frozen=True):
    """A table."""

    values: "list[Pair]" = field(default_factory=lambda: [])


class Value(Struct, frozen=True, rename="camel"):
    """One of these, or nothing."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Number | None = None
    double_value: float | str | None = None
    array_value: Values | None = None
    kvlist_value: Pairs | None = None
    bytes_value: str | None = None

    def read(self) -> Any:
        if self.string_value is not None:
            return self.string_value
        if self.int_value is not None:
            return _whole_number(self.int_value)
        if self.double_value is not None:
            return _number(self.double_value)
        if self.array_value is not None:
            return [one.read() for one in self.array_value.values]
        if self.kvlist_value is not None:
            return _table(self.kvlist_value.values)
        return self.bool_value if self.bool_value is not None else self.bytes_value


class Pair(Struct, frozen=True):
    """A name and a value."""

    key: str
    value: Value = Value()


class Resource(Struct, frozen=True):
    """Who speaks."""

    attributes: list[Pair] = field(default_factory=list[Pair])


class ScopeSpans(Struct, frozen=True):
    """Spans of one library."""

    spans: list[msgspec.Raw] = field(default_factory=list[msgspec.Raw])


class ResourceSpans(Struct, frozen=True, rename="camel"):
    """Spans of one service."""

    resource: msgspec.Raw = msgspec.Raw(b"{}")
    scope_spans: list[ScopeSpans] = field(default_factory=list[ScopeSpans])


class ScopeLogs(Struct, frozen=True, rename="camel"):
    """Log records of one library."""

    log_records: list[msgspec.Raw] = field(default_factory=list[msgspec.Raw])


class ResourceLogs(Struct, frozen=True, rename="camel"):
    """Log records of one service."""

    resource: msgspec.Raw = msgspec.Raw(b"{}")
    scope_logs: list[ScopeLogs] = field(default_factory=list[ScopeLogs])


class Data(Struct, frozen=True, rename="camel"):
    """A record: spans or logs."""

    resource_spans: list[ResourceSpans] = field(default_factory=list[ResourceSpans])
    resource_logs: list[ResourceLogs] = field(default_factory=list[ResourceLogs])


class SpanEvent(Struct, frozen=True):
    """What happened during a span."""

    name: str = ""
    attributes: list[Pair] = field(default_factory=list[Pair])


class Status(Struct, frozen=True):
    """How a span ended."""

    code: int | str = 0
    message: str = ""

    @property
    def failure(self) -> str:
        return (self.message or "error") if self.code in {_ERROR, "STATUS_CODE_ERROR"} else ""


class Span(Struct, frozen=True, rename="camel"):
    """One operation."""

    trace_id: str = ""
    span_id: str = ""
    start_time_unix_nano: Number = 0
    end_time_unix_nano: Number = 0
    attributes: list[Pair] = field(default_factory=list[Pair])
    events: list[SpanEvent] = field(default_factory=list[SpanEvent])
    status: Status = Status()


class Log(Struct, frozen=True, rename="camel"):
    """One log record."""

    trace_id: str = ""
    span_id: str = ""
    time_unix_nano: Number = 0
    observed_time_unix_nano: Number = 0
    event_name: str = ""
    body: Value = Value()
    attributes: list[Pair] = field(default_factory=list[Pair])


_data = msgspec.json.Decoder(Data)
_resource = msgspec.json.Decoder(Resource)
_span = msgspec.json.Decoder(Span)
_log = msgspec.json.Decoder(Log)


def read_json(value: bytes) -> Iterator[Operation | Event | Broken]:
    """Spans as operations and log records as events, each read on its own.

    Raises:
        InvalidRecord: it is not OTLP's JSON; the field is named.
    """
    data = parsed(value, _data)
    for group in data.resource_spans:
        for raw in (raw for scope in group.scope_spans for raw in scope.spans):
            yield _alone(_operation, _ONE_SPAN, bytes(group.resource), bytes(raw))
    for logs in data.resource_logs:
        for raw in (raw for scope in logs.scope_logs for raw in scope.log_records):
            yield _alone(_event, _ONE_LOG, bytes(logs.resource), bytes(raw))


_ONE_SPAN = b'{"resourceSpans":[{"resource":%s,"scopeSpans":[{"spans":[%s]}]}]}'
_ONE_LOG = b'{"resourceLogs":[{"resource":%s,"scopeLogs":[{"logRecords":[%s]}]}]}'

T = TypeVar("T")


def _alone(
    read: Callable[[bytes, dict[str, Any], Callable[[], bytes]], T], template: bytes, named: bytes, raw: bytes
) -> T | Broken:
    """One span or log record, and how it is written as a record of its own."""
    try:
        resource = _table(parsed(named, _resource).attributes)
        return read(raw, resource, partial(template.__mod__, (named, raw)))
    except InvalidRecord as error:
        return Broken(template % (named, raw), error)


def _operation(raw: bytes, resource: dict[str, Any], whole: Callable[[], bytes]) -> Operation:
    span = parsed(raw, _span)
    return Operation(
        trace_id=span.trace_id.lower(),
        span_id=span.span_id.lower(),
        start_ns=_whole_number(span.start_time_unix_nano),
        end_ns=_whole_number(span.end_time_unix_nano),
        resource=resource,
        attributes=_table(span.attributes),
        events=[(event.name, _table(event.attributes)) for event in span.events],
        failure=span.status.failure,
        whole=whole,
    )


def _event(raw: bytes, resource: dict[str, Any], whole: Callable[[], bytes]) -> Event:
    log = parsed(raw, _log)
    return Event(
        trace_id=log.trace_id.lower(),
        span_id=log.span_id.lower(),
        time_ns=_whole_number(log.time_unix_nano) or _whole_number(log.observed_time_unix_nano),
        name=log.event_name,
        resource=resource,
        attributes=_table(log.attributes),
        body=log.body.read(),
        whole=whole,
    )


def _table(pairs: Iterable[Pair]) -> dict[str, Any]:
    return {pair.key: pair.value.read() for pair in pairs}


def _number(value: float | str) -> float | None:
    """JSON has no NaN and no infinity, which are written as text; neither says anything."""
    return None if isinstance(value, str) else value


def _whole_number(value: Number) -> int:
    if isinstance(value, int):
        return value
    digits = value.removeprefix("-")
    return int(value) if digits.isdecimal() and len(digits) < 21 else 0
