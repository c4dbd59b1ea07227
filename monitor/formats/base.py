"""What a format is, and what is the same for all of them: framing, limits, identity and time."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha1
from typing import Protocol, TypeVar, cast
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from monitor.errors import InvalidRecord
from monitor.model import Record, Sample, Tags
from monitor.registry import Registry

from .diagnosis import diagnose

NAMESPACE = uuid5(NAMESPACE_URL, "https://evergauge.dev/sample")
"""Namespace of ids that we make; changing it would make every known sample a new one."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_UTF8_BOM = b"\xef\xbb\xbf"
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_COMMA, _OPENING, _CLOSING = b","[0], b"[{", b"]}"
_raw = msgspec.json.Decoder(msgspec.Raw)
_each_raw = msgspec.json.Decoder(list[msgspec.Raw])
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What the settings or a record's headers say of samples that do not say it themselves."""

    app: str = ""
    tags: frozenset[str] = field(default_factory=lambda: frozenset[str]())
    """Metadata keys to keep as tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one record may carry."""

    record_bytes: int = 16 * 1024 * 1024
    samples: int = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """One piece of a record that cannot become a sample."""

    index: int | None
    """Position in the record; None when the record as a whole cannot be read."""
    value: bytes | None
    error: InvalidRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A record, or one piece of it, that is in order and holds nothing to evaluate."""

    index: int | None
    reason: str
    """A word from a closed set, fit for a metric label."""
    detail: str


Decoded = Sample | Unreadable | Ignored


class Format(Protocol):
    """One producer's way to write a model call down: a JSON object for each.

    It may also say ``signs(self, document: Mapping[str, msgspec.Raw], /) -> tuple[str, ...]``: the fields by which a
    document gives itself away as of this format, none when it is not; only then is it recognised. And it may say
    ``lacks``, the fields of a sample that it can never give.
    """

    def sample(self, value: bytes, record: Record, index: int, defaults: Defaults, /) -> Sample | Ignored:
        """Read one JSON object of the producer's.

        Raises:
            InvalidRecord: it is not what the format says, and the error names the field.
        """
        ...


class Envelope(Protocol):
    """A producer's way to write many model calls into a record, among other things, as JSON or not."""

    def read(self, value: bytes, record: Record, defaults: Defaults, limits: Limits, /) -> Iterable[Decoded]:
        """Read a whole record of at most ``limits.record_bytes``; at least one thing comes out of it.

        Raises:
            InvalidRecord: nothing of it can be read.
        """
        ...


def lacks(format: Format | Envelope) -> frozenset[str]:
    """The fields of a sample that a format can never give."""
    return frozenset(getattr(format, "lacks", ()))


formats: Registry[Format | Envelope] = Registry("format", group="evergauge.formats")


def decode(record: Record, format: Format | Envelope, *, defaults: Defaults, limits: Limits) -> list[Decoded]:
    """Every sample of a record, or why a piece of it is none; never empty, never an exception.

    Unless the format takes records apart itself, a record is one JSON object, a JSON array of objects, or one object a
    line.
    """
    value = record.value
    if hasattr(format, "read"):
        return _read(record, cast(Envelope, format), defaults, limits)
    format = cast(Format, format)
    if value and value[:1] == b"{" and len(value) <= limits.record_bytes and b"\n" not in value:
        return [_one(value, record, 0, format, defaults, alone=True)]  # by far the most: one object
    try:
        pieces = list(_pieces(value, limits))
    except InvalidRecord as error:
        return [Unreadable(index=None, value=record.value, error=error)]
    if len(pieces) == 1:
        return [_one(pieces[0], record, 0, format, defaults, alone=True)]
    return [_one(piece, record, index, format, defaults) for index, piece in enumerate(pieces)]


def _read(record: Record, envelope: Envelope, defaults: Defaults, limits: Limits) -> list[Decoded]:
    try:
        return list(envelope.read(_bounded(record.value, limits), record, defaults, limits))
    except InvalidRecord as error:
        reason = error
    except Exception as error:  # noqa: BLE001  as below
        reason = _failed(error)
    return [Unreadable(index=None, value=record.value, error=reason)]


def _failed(error: Exception) -> InvalidRecord:
    return InvalidRecord("format_failed", f"the format raised {error!r:.500}")


def _one(
    piece: bytes,
    record: Record,
    index: int,
    format: Format,
    defaults: Defaults,
    *,
    alone: bool = False,
) -> Decoded:
    try:
        return format.sample(piece, record, index, defaults)
    except InvalidRecord as error:
        reason = error
    except Exception as error:  # noqa: BLE001  a format of one's own may raise anything, and a record must not end a worker
        reason = _failed(error)
    return Unreadable(index=None if alone else index, value=record.value if alone else piece, error=reason)


def _bounded(value: bytes | None, limits: Limits) -> bytes:
    if value is None:
        raise InvalidRecord("tombstone", "the record has no value")
    if len(value) > limits.record_bytes:
        raise InvalidRecord("too_large", f"{len(value):,} bytes, limits.record_bytes allows {limits.record_bytes:,}")
    if not value:
        raise InvalidRecord("empty", "the record is empty")
    return value


def _pieces(value: bytes | None, limits: Limits) -> Iterator[bytes]:
    value = _bounded(value, limits).removeprefix(_UTF8_BOM).strip()
    if not value:
        raise InvalidRecord("empty", "the record is empty")
    if value.startswith(b"[") and value.count(b",") >= limits.samples:
        _refuse_too_many(value, limits.samples)
    pieces = _items(value) if value.startswith(b"[") else _lines(value)
    if not pieces:
        raise InvalidRecord("empty", "the record is an empty list")
    if len(pieces) > limits.samples:
        raise InvalidRecord("too_many", f"{len(pieces):,} samples, limits.samples allows {limits.samples:,}")
    yield from pieces


def _refuse_too_many(value: bytes, most: int) -> None:
    """Count an array's items before memory is set aside for millions of them."""
    depth, items = 0, 1
    for token in _TOKENS.finditer(value):
        character = value[token.start()]
        if character == _COMMA:
            items += depth == 1
            if items > most:
                raise InvalidRecord("too_many", f"more than {most:,} samples, which limits.samples allows")
        elif character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1


def _items(value: bytes) -> list[bytes]:
    return [bytes(piece) for piece in parsed(value, _each_raw)]


def _lines(value: bytes) -> list[bytes]:
    """One object a line; or a single object, which may be printed over several lines."""
    if b"\n" not in value or _is_document(value):
        return [value]
    lines = [line for line in value.splitlines() if line.strip()]
    return lines if any(line.startswith(b"{") for line in lines[1:]) else [value]


def _is_document(value: bytes) -> bool:
    try:
        _raw.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def parsed(value: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """What the decoder makes of the bytes.

    Raises:
        InvalidRecord: they are not JSON, or not of the decoder's shape; says what and where.
    """
    try:
        return decoder.decode(value)
    except msgspec.ValidationError as error:
        raise wrong_shape(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise diagnose(value) from error


def wrong_shape(message: str) -> InvalidRecord:
    """What msgspec says of a value of the wrong shape, in our words."""
    detail, _, path = message.partition(" - at `")
    field_name = path.rstrip("`").removeprefix("$").removeprefix(".")
    if "missing required field" in detail:
        name = detail.split("`")[1]
        return InvalidRecord("missing_field", "is required", field=f"{field_name}.{name}".lstrip("."))
    detail = detail.replace("`", "").replace("Expected", "expected")
    reason = "out_of_range" if "out of range" in detail else "wrong_type"
    return InvalidRecord(reason, detail, field=field_name)


def inside(document: Mapping[str, msgspec.Raw], name: str) -> Mapping[str, msgspec.Raw]:
    """The fields of an object in a document whose values nobody has looked at; none where it is no object."""
    value = document.get(name)
    try:
        return {} if value is None else fields_of(value)
    except (msgspec.DecodeError, RecursionError):
        return {}


fields_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
"""The fields of a JSON object, with values that nobody has looked at."""


def application(said: str | None, defaults: Defaults) -> str:
    """Whose sample it is.

    Raises:
        InvalidRecord: neither the record nor its topic or header say it.
    """
    app = said or defaults.app
    if not app:
        raise InvalidRecord("missing_field", "is required where neither topic nor header says it", field="app")
    return app


def identity(producer_id: str, app: str, record: Record, index: int) -> UUID:
    """The producer's id where it is a UUID, else one made of app and id, else one made of the origin."""
    if not producer_id:
        return _named(f"{record.origin}/{index}")
    if len(producer_id) == 36:
        try:
            return UUID(producer_id)
        except ValueError:
            return _named(f"{app}/{producer_id}")
    return _named(f"{app}/{producer_id}")


def _named(name: str) -> UUID:
    """As ``uuid.uuid5`` in our namespace, with less ado."""
    digest = _namespaced.copy()
    digest.update(name.encode())
    return UUID(bytes=digest.digest()[:16], version=5)


_namespaced = sha1(NAMESPACE.bytes, usedforsecurity=False)


def event_time(value: str | float | None, record: Record, *, field: str = "timestamp") -> datetime:
    """When the call happened: ISO 8601 (UTC where it names no zone), or seconds to nanoseconds since 1970.

    Without a value it is the time of the record.

    Raises:
        InvalidRecord: it is no time, or outside of 2000 to 2100.
    """
    if value is None:
        return datetime.fromtimestamp(record.arrived_ms / 1000, UTC)
    try:
        time = _from_text(value) if isinstance(value, str) else _from_epoch(value)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidRecord("bad_time", f"{value!r} is no ISO 8601 time and no epoch", field=field) from error
    if not EARLIEST <= time < LATEST:
        raise InvalidRecord("bad_time", f"{value!r} is outside of the years 2000 to 2099", field=field)
    return time


def _from_text(value: str) -> datetime:
    time = datetime.fromisoformat(value)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _from_epoch(value: float) -> datetime:
    for unit in (1, 1e3, 1e6, 1e9):
        if abs(value) < 1e11 * unit:
            return datetime.fromtimestamp(value / unit, UTC)
    raise ValueError(value)


def tags(metadata: Mapping[str, object], keys: frozenset[str], said: Mapping[str, str] | None) -> Tags:
    """The named keys of the metadata as text, and what the producer calls tags itself."""
    kept = {key: str(metadata[key]) for key in keys if metadata.get(key) is not None} if metadata else {}
    return Tags(kept if said is None else {**kept, **said})
