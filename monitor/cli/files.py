"""Records out of files: JSON, CSV, Parquet or OTLP's protobuf, plain or gzip, or standard input."""

import gzip
import io
import itertools
import json
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from monitor.formats.langfuse import join_scores
from monitor.model import Origin, Record

from .main import Refused
from .show import news
from .tables import csv_rows, parquet_rows

STDIN = "-"
Kind = Literal["json", "csv", "parquet", "protobuf"]
_PARQUET = b"PAR1"
_ENOUGH = 64
"""Bytes by which a file's kind is told."""
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Source:
    """A file as a stream of values, and how far it has been read."""

    name: str
    size: int | None
    """Bytes on disk; None when it is not known."""
    raw: BinaryIO
    unpacked: BinaryIO
    kind: Kind = "json"

    def position(self) -> int:
        """Bytes read from disk so far."""
        try:
            return self.raw.tell()
        except OSError:
            return 0

    def values(self) -> Iterator[bytes]:
        """A value a row or a line; a document that is printed over several lines comes whole."""
        match self.kind:
            case "csv":
                return csv_rows(self.unpacked, self.name, delimiter="\t" if ".tsv" in self.name else ",")
            case "parquet":
                return parquet_rows(self.unpacked, self.name)
            case "protobuf":
                return iter([self.unpacked.read()])
            case "json":
                return self._documents()

    def _documents(self) -> Iterator[bytes]:
        first = self.unpacked.readline().removeprefix(_BOM)
        second = b"" if _is_json(first) else self.unpacked.readline()
        if second and _begins_document(first) and not _is_json(second):
            yield first + second + self.unpacked.read()
            return
        for line in itertools.chain((first, second), self.unpacked):
            if line.strip():
                yield line.rstrip(b"\r\n")


def _begins_document(line: bytes) -> bool:
    return line.lstrip()[:1] in {b"{", b"["}


def _is_json(line: bytes) -> bool:
    """Whether a line is a JSON object or array of its own."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return _begins_document(line)


@contextmanager
def opened(path: str) -> Generator[Source]:
    """Open a file, or standard input for ``-``; gzip is recognised by its first bytes.

    Raises:
        Refused: it cannot be read.
    """
    if path == STDIN:
        raw = cast(BinaryIO, sys.stdin.buffer)
        size = None
    else:
        try:
            raw = Path(path).open("rb")  # noqa: SIM115  closed below
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror}") from error
        size = Path(path).stat().st_size
    try:
        head = cast(io.BufferedReader, raw).peek(2)[:2]
        unpacked = _gunzipped(raw) if head == _GZIP else raw
        yield Source(path, size, raw, unpacked, _kind(path, unpacked))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Refused(f"{path} is no whole gzip file: {error}; what came before was used") from error
    finally:
        if path != STDIN:
            raw.close()


def _kind(path: str, unpacked: BinaryIO) -> Kind:
    start = cast(io.BufferedReader, unpacked).peek(_ENOUGH)[:_ENOUGH]
    if start.startswith(_PARQUET):
        return "parquet"
    if Path(path.removesuffix(".gz")).suffix in {".csv", ".tsv"}:
        return "csv"
    return "protobuf" if start[:1] == b"\n" and start.lstrip()[:1] not in {b"{", b"["} else "json"


def _gunzipped(packed: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=packed, mode="rb"))


def records(source: Source, *, topic: str) -> Iterator[Record]:
    """The file's values as records that arrive now."""
    for offset, value in enumerate(source.values()):
        yield Record(Origin(topic, 0, offset), value, time.time_ns() // 1_000_000)


def with_scores(observations: Iterator[Record], path: str) -> Iterator[Record]:
    """Observations with the scores that a file of their own holds, each beside what it speaks of.

    Raises:
        Refused: the file cannot be read, or holds no scores.
    """
    of: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    with opened(path) as source:
        for value in source.values():
            for score in _objects(value, path):
                subject = score.get("observation_id") or score.get("observationId")
                if "name" not in score or not isinstance(subject, str):
                    raise Refused(f"{path}: a score needs a name and an observation_id")
                of[subject].append(score)
    for record in observations:
        mine = _objects(record.value or b"", record.origin.topic)
        joined = [join_scores(one, of.get(str(one.get("id")), ())) for one in mine]
        for one in joined:
            yield replace(record, value=json.dumps(one).encode())


def _objects(value: bytes, name: str) -> list[dict[str, Any]]:
    try:
        document: object = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name}: {error}") from error
    rows = cast(list[object], document) if isinstance(document, list) else [document]
    return [cast(dict[str, Any], row) for row in rows if isinstance(row, dict)]


@contextmanager
def progress(source: Source, what: str) -> Generator["Bar"]:
    """A progress bar on standard error, by bytes of the file; quiet when nobody looks."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]:,} records"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
        console=news,
        transient=True,
        disable=not news.is_terminal,
    ) as shown:
        task = shown.add_task(what, total=source.size, done=0, rate=0.0)
        yield Bar(shown, task, source, time.monotonic())


@dataclass(slots=True)
class Bar:
    """A progress bar that is told of records and shows bytes."""

    shown: Progress
    task: object
    source: Source
    started: float
    done: int = 0

    def __call__(self, more: int) -> None:
        self.done += more
        rate = self.done / max(time.monotonic() - self.started, 1e-9)
        self.shown.update(self.task, completed=self.source.position(), done=self.done, rate=rate)  # type: ignore[arg-type]
