from collections.abc import Iterator
from os import PathLike
from typing import BinaryIO

from . import RecordBatch, Table

class ParquetFile:
    def __init__(self, source: BinaryIO) -> None: ...
    def iter_batches(self, batch_size: int = ...) -> Iterator[RecordBatch]: ...

def write_table(table: Table, where: PathLike[str]) -> None: ...
