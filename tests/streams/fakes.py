"""A record as aiokafka hands it over."""

from dataclasses import dataclass, field


@dataclass
class FakeFetched:
    offset: int
    value: bytes | None = b"{}"
    topic: str = "t"
    partition: int = 0
    timestamp: int = 1_793_534_400_000
    key: bytes | None = None
    headers: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])

    @property
    def serialized_value_size(self) -> int:
        return len(self.value or b"")


def fetched(offset: int, value: bytes | None = b"{}", partition: int = 0) -> FakeFetched:
    return FakeFetched(offset, value, partition=partition)
