"""Records of spans or log events to samples: what is a call of a model is read, the rest is passed over."""

from collections.abc import Iterator, Mapping

import msgspec

from monitor.errors import InvalidRecord
from monitor.formats.base import Decoded, Defaults, Ignored, Limits, Unreadable, formats
from monitor.model import Record

from . import genai, openinference
from .json import read_json
from .logs import Event, operations
from .operation import Broken, Operation
from .protobuf import read_protobuf

_JSON = b"{"


class Otlp:
    """OpenTelemetry spans and log events, protobuf or JSON: GenAI old and new, OpenLLMetry, OpenInference."""

    lacks = frozenset({"references", "tests"})

    def signs(self, document: Mapping[str, msgspec.Raw], /) -> tuple[str, ...]:
        found = tuple(name for name in ("resourceSpans", "resourceLogs") if name in document)
        return found * _CERTAIN

    def read(self, value: bytes, record: Record, defaults: Defaults, limits: Limits, /) -> Iterator[Decoded]:
        looked_at = found = 0
        for index, operation in enumerate(_operations(value)):
            looked_at += 1
            decoded = _decoded(operation, record, index, defaults)
            if decoded:
                found += 1
                if found > limits.samples:
                    raise InvalidRecord("too_many", f"more than the {limits.samples:,} samples of limits.samples")
                yield decoded
        if not found:
            yield Ignored(index=None, reason="no_model_call", detail=f"{looked_at:,} spans or events, no model call")


_CERTAIN = 10
"""Nobody else has fields of these names."""

formats.add("otlp", Otlp())


def _operations(value: bytes) -> Iterator[Operation | Broken | None]:
    lines = value.splitlines() if value.lstrip()[:1] == _JSON and b"\n{" in value else [value]
    events: list[Event] = []
    for line in lines:
        for one in read_json(line) if line.lstrip()[:1] == _JSON else read_protobuf(line):
            if isinstance(one, Event):
                events.append(one)
            else:
                yield one
    yield from operations(events)


def _decoded(operation: Operation | Broken | None, record: Record, index: int, defaults: Defaults) -> Decoded | None:
    if operation is None:
        return None
    if isinstance(operation, Broken):
        return Unreadable(index=index, value=operation.whole, error=operation.error)
    try:
        if openinference.is_call(operation) and "gen_ai.output.messages" not in operation.attributes:
            return openinference.read_openinference(operation, record, index, defaults)
        if genai.is_call(operation):
            return genai.read_genai(operation, record, index, defaults)
    except InvalidRecord as error:
        return Unreadable(index=index, value=operation.whole(), error=error)
    return None
