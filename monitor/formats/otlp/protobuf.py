"""OTLP as protobuf: what the Collector's Kafka exporter writes unless told otherwise."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, LogsData, ResourceLogs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status, TracesData

from monitor.errors import InvalidRecord

from .logs import Event
from .operation import Operation


def read_protobuf(value: bytes) -> Iterator[Operation | Event]:
    """Spans as operations, or log records as events; the bytes do not say which of the two they are.

    Raises:
        InvalidRecord: they are neither.
    """
    traces = _traces(value)
    if traces is not None:
        for group in traces.resource_spans:
            resource = _table(group.resource.attributes)
            for scope in group.scope_spans:
                for span in scope.spans:
                    yield _operation(span, resource, group)
        return
    for logs in _logs(value).resource_logs:
        resource = _table(logs.resource.attributes)
        for scope in logs.scope_logs:
            for log in scope.log_records:
                yield _event(log, resource, logs)


def _traces(value: bytes) -> TracesData | None:
    """Log records that are read as spans have no ids of the right length, or names that are no text."""
    try:
        traces = TracesData.FromString(value)
    except DecodeError:
        return None
    spans = (span for group in traces.resource_spans for scope in group.scope_spans for span in scope.spans)
    first = next(spans, None)
    return traces if first is not None and len(first.trace_id) == 16 and len(first.span_id) == 8 else None


def _logs(value: bytes) -> LogsData:
    try:
        logs = LogsData.FromString(value)
    except DecodeError as error:
        raise InvalidRecord("not_otlp", f"is neither spans nor logs in OTLP's protobuf: {error}") from error
    if not any(scope.log_records for group in logs.resource_logs for scope in group.scope_logs):
        raise InvalidRecord("empty", "holds neither spans nor log records")
    return logs


def _operation(span: Span, resource: dict[str, Any], group: ResourceSpans) -> Operation:
    failed = span.status.code == Status.STATUS_CODE_ERROR
    return Operation(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        resource=resource,
        attributes=_table(span.attributes),
        events=[(event.name, _table(event.attributes)) for event in span.events],
        failure=(span.status.message or "error") if failed else "",
        whole=partial(_whole_span, span, group),
    )


def _event(log: LogRecord, resource: dict[str, Any], group: ResourceLogs) -> Event:
    return Event(
        trace_id=log.trace_id.hex(),
        span_id=log.span_id.hex(),
        time_ns=log.time_unix_nano or log.observed_time_unix_nano,
        name=log.event_name,
        resource=resource,
        attributes=_table(log.attributes),
        body=_value(log.body),
        whole=partial(_whole_log, log, group),
    )


def _whole_span(span: Span, group: ResourceSpans) -> bytes:
    alone = TracesData()
    kept = alone.resource_spans.add(resource=group.resource)
    kept.scope_spans.add().spans.append(span)
    return alone.SerializeToString()


def _whole_log(log: LogRecord, group: ResourceLogs) -> bytes:
    alone = LogsData()
    kept = alone.resource_logs.add(resource=group.resource)
    kept.scope_logs.add().log_records.append(log)
    return alone.SerializeToString()


def _table(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    return {attribute.key: _value(attribute.value) for attribute in attributes}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    if kind == "kvlist_value":
        return _table(value.kvlist_value.values)
    return None if kind is None else getattr(value, kind)
