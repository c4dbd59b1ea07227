from typing import Any

class ArrowException(Exception): ...

class Table:
    @staticmethod
    def from_pylist(mapping: list[dict[str, Any]]) -> Table: ...

class RecordBatch:
    def to_pylist(self) -> list[dict[str, Any]]: ...
