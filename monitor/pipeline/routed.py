"""Samples on their way to a judge: the producer's record unchanged; its headers say which of them, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

import msgspec

from monitor.errors import InvalidRecord
from monitor.formats import Defaults, Envelope, Format, Limits, Unreadable, decode
from monitor.model import DeadLetter, Evaluation, Origin, Record, RouteTo, Sample

from .inputs import APP_HEADER, FORMAT_HEADER, Input

ORIGIN_HEADER = "evergauge-origin"
ROUTE_HEADER = "evergauge-route"


class Slip(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the header says of one sample of the record."""

    index: int
    """Its position in the record."""
    sample: UUID
    app: str
    inclusion: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """0 for what was picked and not drawn."""
    reason: str
    policy: int = 0
    attempt: int = 0
    """1 where it is asked again."""
    judges: tuple[str, ...] = ()
    """Only these; all of the application's where nothing is said."""
    verdict: str = ""
    """What the checks made of it."""
    to: RouteTo = RouteTo.JUDGE
    """``human``: straight to people."""

    @classmethod
    def of(cls, evaluation: Evaluation) -> "Slip":
        """What is to be said of a sample that was drawn."""
        sample, route = evaluation.sample, evaluation.route
        return cls(
            index=sample.index,
            sample=sample.id,
            app=sample.app,
            inclusion=route.inclusion,
            reason=route.reason,
            policy=route.policy,
            verdict=evaluation.verdict.value,
            to=route.to,
        )

    def encoded(self) -> bytes:
        """As the header has it."""
        return msgspec.json.encode(self)


_read_slip = msgspec.json.Decoder(Slip).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """A sample that a judge is to see."""

    sample: Sample
    slip: Slip


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads records of the judge topic."""

    formats: Mapping[str, Format | Envelope]
    inputs: Mapping[str, Input]
    limits: Limits
    tags: frozenset[str] = field(default_factory=lambda: frozenset[str]())

    def __call__(self, record: Record) -> list[Routed | DeadLetter]:
        """Every sample that its headers name, or a letter that says why it cannot be judged."""
        try:
            slips = [_slip(value) for name, value in record.headers if name == ROUTE_HEADER]
            if not slips:
                raise InvalidRecord("missing_header", "names no sample", field=f"header {ROUTE_HEADER}")
            samples = self._samples(record)
        except InvalidRecord as error:
            return [_letter(record, error, None)]
        return [self._found(slip, samples, record) for slip in slips]

    def _samples(self, record: Record) -> Sequence[Sample]:
        origin = _origin(record)
        topic = self.inputs.get(origin.topic, Input())
        name = record.header(FORMAT_HEADER) or topic.format
        reader = self.formats.get(name)
        if reader is None:
            raise InvalidRecord("unknown_format", f"{name!r} is no format", field=f"header {FORMAT_HEADER}")
        defaults = Defaults(app=record.header(APP_HEADER) or topic.app, tags=self.tags)
        # ids are made of the place where the record lay first, and missing times of the one when it arrived here
        first = Record(origin, record.value, record.arrived_ms, record.key, record.headers)
        decoded = decode(first, reader, defaults=defaults, limits=self.limits)
        unreadable = next((one for one in decoded if isinstance(one, Unreadable) and one.index is None), None)
        if unreadable:
            raise unreadable.error
        return [one for one in decoded if isinstance(one, Sample)]

    @staticmethod
    def _found(slip: Slip, samples: Iterable[Sample], record: Record) -> Routed | DeadLetter:
        for sample in samples:
            if sample.index == slip.index and sample.id == slip.sample:
                return Routed(sample=sample, slip=slip)
        error = InvalidRecord("wrong_header", f"sample {slip.sample} is not at {slip.index}", field="index")
        return _letter(record, error, slip.index)


def _slip(value: bytes | None) -> Slip:
    try:
        return _read_slip(value or b"")
    except msgspec.DecodeError as error:
        raise InvalidRecord("wrong_header", str(error), field=f"header {ROUTE_HEADER}") from error


def _origin(record: Record) -> Origin:
    """Where the record lay first; its own place where the header does not say."""
    said = record.header(ORIGIN_HEADER)
    if said is None:
        return record.origin
    try:
        topic, partition, offset = said.rsplit("/", 2)
        return Origin(topic, int(partition), int(offset))
    except ValueError as error:
        raise InvalidRecord("wrong_header", f"{said!r} is no origin", field=f"header {ORIGIN_HEADER}") from error


def _letter(record: Record, error: InvalidRecord, index: int | None) -> DeadLetter:
    return DeadLetter(
        origin=record.origin,
        index=index,
        reason=error.reason,
        field=error.field,
        detail=error.detail,
        value=record.value,
        key=record.key,
        headers=record.headers,
        arrived_ms=record.arrived_ms,
    )
