"""Log events that tell of model calls: one a call, or, as until 2025, one a message."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from monitor.formats.messages import table

from .operation import Attributes, Operation

DETAILS = "gen_ai.client.inference.operation.details"
"""The event that tells all of a call."""
MESSAGES = frozenset(
    {"gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message", "gen_ai.tool.message"}
)
CHOICE = "gen_ai.choice"


@dataclass(slots=True)
class Event:
    """A log record."""

    trace_id: str
    span_id: str
    time_ns: int
    name: str
    resource: Attributes
    attributes: Attributes
    body: Any
    whole: Callable[[], bytes]

    def __post_init__(self) -> None:
        self.name = self.name or str(self.attributes.get("event.name", ""))


def operations(events: Iterable[Event]) -> Iterator[Operation | None]:
    """The calls that events tell of, in order; None for an event that tells of none.

    Events of single messages belong together by their span; those of a call whose rest is in another record stay
    incomplete, and whoever reads them can see that by the missing choice.
    """
    together: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        if event.name in MESSAGES or event.name == CHOICE:
            together.setdefault((event.trace_id, event.span_id), []).append(event)
        else:
            yield _alone(event) if event.name == DETAILS else None
    for group in together.values():
        yield _joined(group)


def _alone(event: Event) -> Operation:
    return _operation(event, {**table(event.body), **event.attributes}, [], event.whole)


def _joined(group: list[Event]) -> Operation:
    said = [(event.name, table(event.body) or {"content": event.body}) for event in group]
    attributes = {name: value for event in group for name, value in event.attributes.items()}
    return _operation(group[0], attributes, said, lambda: _all(group))


def _operation(
    event: Event, attributes: dict[str, Any], said: list[tuple[str, Attributes]], whole: Callable[[], bytes]
) -> Operation:
    return Operation(
        trace_id=event.trace_id,
        span_id=event.span_id,
        start_ns=event.time_ns,
        end_ns=0,
        resource=event.resource,
        attributes=attributes,
        events=said,
        failure="",
        whole=whole,
    )


def _all(group: list[Event]) -> bytes:
    """Records of OTLP protobuf are joined by putting one behind the other; JSON records, line by line."""
    pieces = [event.whole() for event in group]
    return (b"\n" if pieces[0].startswith(b"{") else b"").join(pieces)
