"""Rows of CSV and Parquet files as JSON objects, one record each."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from .main import Refused

_LARGEST_CELL = 64 * 1024 * 1024


def csv_rows(file: BinaryIO, name: str, *, delimiter: str) -> Iterator[bytes]:
    """A JSON object of texts for each row; the first row names the columns.

    Raises:
        Refused: it is no CSV; names the line.
    """
    csv.field_size_limit(_LARGEST_CELL)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.DictReader(text, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if None in row:
                raise Refused(f"{name}, line {reader.line_num}: more cells than the {len(row) - 1} columns")
            yield _encoded({key: value for key, value in row.items() if value is not None})
    except csv.Error as error:
        raise Refused(f"{name}, line {reader.line_num}: {error}") from error
    finally:
        text.detach()  # the file is not ours to close


def parquet_rows(file: BinaryIO, name: str) -> Iterator[bytes]:
    """A JSON object for each row.

    Raises:
        Refused: it is no Parquet file, or the package that reads them is missing.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise Refused(f"{name}: to read Parquet, install the extra: pip install 'evergauge[parquet]'") from error
    try:
        for batch in parquet.ParquetFile(file).iter_batches(batch_size=1_000):
            for row in batch.to_pylist():
                yield _encoded(row)
    except (pyarrow.ArrowException, OSError) as error:
        raise Refused(f"{name} is no whole Parquet file: {error}") from error


def _encoded(row: dict[str, Any]) -> bytes:
    """A byte that is no UTF-8 came in as half of a surrogate pair: it goes out as that byte, for the reader to name."""
    try:
        return msgspec.json.encode(row, enc_hook=str)
    except UnicodeEncodeError:
        return json.dumps(row, ensure_ascii=False, default=str).encode(errors="surrogateescape")
