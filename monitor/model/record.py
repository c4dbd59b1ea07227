"""What Kafka gave us, before anybody has looked inside."""

from dataclasses import dataclass

Headers = tuple[tuple[str, bytes | None], ...]
"""Kafka allows a header without a value."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record came from; it never changes, whoever reads it again."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Record:
    """Bytes, headers and origin; one record may carry many samples."""

    origin: Origin
    value: bytes | None
    """None is a tombstone."""
    arrived_ms: int
    """The record's timestamp in the log, milliseconds since 1970: the same on every redelivery."""
    key: bytes | None = None
    headers: Headers = ()

    def header(self, name: str) -> str | None:
        """The last header of that name, as text; None when there is none or it is not UTF-8."""
        for key, value in reversed(self.headers):
            if key == name and value is not None:
                try:
                    return value.decode()
                except UnicodeDecodeError:
                    return None
        return None
