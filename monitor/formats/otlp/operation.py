"""A span, or the log events of one, in one shape, whichever way they were written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.errors import InvalidRecord
from monitor.formats.base import Defaults, application, event_time
from monitor.model import Record, Tags

Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """A span or a log record that is not what the format says."""

    whole: bytes
    error: InvalidRecord


@dataclass(slots=True)
class Operation:
    """Something that was done, by whom, when, and what is said about it."""

    trace_id: str
    """As hexadecimal digits."""
    span_id: str
    start_ns: int
    end_ns: int
    """0 where only a moment is known."""
    resource: Attributes
    attributes: Attributes
    events: Sequence[tuple[str, Attributes]]
    """What happened meanwhile: name, and attributes or body."""
    failure: str
    """What the status says went wrong."""
    whole: Callable[[], bytes]
    """This operation as a record of its own."""

    @property
    def producer_id(self) -> str:
        """One call has one id, whether its span or its log events tell of it."""
        return f"{self.trace_id}/{self.span_id}" if self.span_id else ""

    @property
    def latency_ms(self) -> float | None:
        return (self.end_ns - self.start_ns) / 1e6 if self.end_ns >= self.start_ns > 0 else None

    def app(self, defaults: Defaults) -> str:
        """The service's name, unless it is what SDKs say where nobody has named it."""
        name = self.resource.get("service.name")
        return application(name if isinstance(name, str) and not name.startswith("unknown_service") else None, defaults)

    def time(self, record: Record) -> datetime:
        """When it began."""
        return event_time(self.start_ns or None, record, field="time")

    def text(self, *names: str) -> str:
        """The first of these attributes that is there, as text."""
        for name in names:
            value = self.attributes.get(name)
            if value is not None and value != "":
                return value if isinstance(value, str) else str(value)
        return ""

    def number(self, *names: str, least: float = 0.0) -> float | None:
        """The first of these attributes that is there, as a number; one that is none, or smaller, is not there."""
        for name in names:
            value = self.attributes.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and least <= value < _LARGEST:
                return float(value)
        return None

    def count(self, *names: str) -> int | None:
        """The first of these attributes that is there, as a count."""
        value = self.number(*names)
        return None if value is None or value >= 2**32 else int(value)

    def error(self) -> str:
        """What went wrong, in the words of whoever says most; empty when nothing did."""
        if self.failure:
            return self.failure
        for name, said in self.events:
            if name == "exception":
                return str(said.get("exception.message") or said.get("exception.type") or "exception")
        return self.text("error.type")

    def tags(self, keys: frozenset[str]) -> Tags:
        """The named attributes as text, of the operation or else of the resource."""
        found = ((key, self._tag(key)) for key in keys)
        return Tags({key: str(value) for key, value in found if value is not None})

    def _tag(self, key: str) -> object:
        for where, name in (
            (self.attributes, key),
            (self.attributes, f"traceloop.association.properties.{key}"),
            (self.resource, key),
        ):
            if where.get(name) is not None:
                return where[name]
        return None


_LARGEST = 1e15


def numbered(attributes: Attributes, prefix: str) -> list[dict[str, Any]]:
    """Attributes that count, as in ``prefix.0.role``, as one table an item: the rest of the name by value."""
    items: dict[int, dict[str, Any]] = {}
    start = len(prefix) + 1
    for name, value in attributes.items():
        if name.startswith(prefix):
            number, _, rest = name[start:].partition(".")
            if number.isdecimal() and len(number) < 6:
                items.setdefault(int(number), {})[rest] = value
    return [items[number] for number in sorted(items)]
