"""Which format a record is of, by the fields that only one of them has."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from monitor.errors import InvalidRecord
from monitor.model import Record, Sample

from .base import Decoded, Defaults, Envelope, Format, Ignored, Limits, decode, fields_of, formats, parsed

_OTLP = "otlp"
_FIRST_FIELD = b"\x0a"
"""How OTLP's protobuf begins: with its first field, which has a length."""


Signs = Callable[[Mapping[str, msgspec.Raw]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Recognised:
    """A format's name, and why it was taken."""

    name: str
    why: str


def recognise(value: bytes) -> Recognised:
    """The format of a record, or of one JSON object of it.

    Raises:
        InvalidRecord: no format, or more than one, knows such a document; names the fields that were seen.
    """
    if _is_protobuf(value):
        return Recognised(_OTLP, "is no text, and begins as OTLP's protobuf does")
    document = _fields(value)
    found = [(name, signs) for name, look in _recognisable() if (signs := look(document))]
    best = max((len(signs) for _, signs in found), default=0)
    winners = [(name, signs) for name, signs in found if len(signs) == best]
    if len(winners) == 1:
        name, signs = winners[0]
        return Recognised(name, f"has {', '.join(dict.fromkeys(signs))}")
    seen = ", ".join(list(document)[:_SHOWN]) or "none"
    if winners:
        raise InvalidRecord("ambiguous_format", f"could be {' or '.join(name for name, _ in winners)}: name one")
    raise InvalidRecord("unknown_format", f"no format has these fields: {seen}; name one, or map the columns")


def _is_protobuf(value: bytes) -> bool:
    """Text may begin with an empty line too, but then goes on as JSON, or not at all."""
    return value[:1] == _FIRST_FIELD and value.lstrip()[:1] not in {b"{", b"[", b""}


def _recognisable() -> list[tuple[str, Signs]]:
    looks = ((name, getattr(format, "signs", None)) for name, format in formats.items())
    return [(name, cast(Signs, look)) for name, look in looks if look]


class Auto:
    """Whichever of the others each piece of a record gives itself away as."""

    def read(self, value: bytes, record: Record, defaults: Defaults, limits: Limits, /) -> Iterator[Decoded]:
        if _is_protobuf(value) or b'"resourceSpans"' in value or b'"resourceLogs"' in value:
            format = formats[recognise(value).name]
            if hasattr(format, "read"):
                yield from cast(Envelope, format).read(value, record, defaults, limits)
                return
        yield from decode(record, _EACH, defaults=defaults, limits=limits)


class _Each:
    def sample(self, value: bytes, record: Record, index: int, defaults: Defaults, /) -> Sample | Ignored:
        return cast(Format, formats[recognise(value).name]).sample(value, record, index, defaults)


_EACH = _Each()
_SHOWN = 20

formats.add("auto", Auto())


def _fields(value: bytes) -> Mapping[str, msgspec.Raw]:
    """The fields of an object, of the first one of an array, or of the first line.

    Raises:
        InvalidRecord: there is no such object; says what and where.
    """
    value = value.removeprefix(b"\xef\xbb\xbf").strip()
    try:
        if value.startswith(b"["):
            items = _array.decode(value)
            value = bytes(items[0]) if items else b"{}"
        return fields_of(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        first, _, more = value.partition(b"\n")
        if more:
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return fields_of(first)
        raise _unreadable(value) from error


def _unreadable(value: bytes) -> InvalidRecord:
    try:
        parsed(value, _table)
    except InvalidRecord as error:
        return error
    return InvalidRecord("wrong_type", "expected an object")


_table = msgspec.json.Decoder(dict[str, Any])


_array = msgspec.json.Decoder(list[msgspec.Raw])
