"""How a file is to be read: its format, recognised or named, its columns, its application."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import click

from monitor.build import all_formats
from monitor.checks.parameters import suggestion
from monitor.errors import InvalidConfig, InvalidRecord
from monitor.formats import Columns, Envelope, Format, recognise
from monitor.formats.columns import FIELDS
from monitor.model import Record
from monitor.settings import Settings

from .files import Source, records, with_scores
from .main import Refused
from .show import news, printable

TOPIC = "file"
_AUTO, _COLUMNS, _NATIVE = "auto", "columns", "native"
_OPTIONS = (
    click.option(
        "--format",
        "format_name",
        default=_AUTO,
        show_default=True,
        help="How to read it: auto recognises it; `evergauge formats` lists the others.",
    ),
    click.option(
        "--column", "columns", multiple=True, metavar="FIELD=COLUMN", help="Read a sample's field from this column."
    ),
    click.option("--scores", default="", help="Langfuse scores that were exported apart from their observations."),
    click.option("--app", default="", help="Application of samples that do not name one."),
)


class How(TypedDict):
    """What the options say, but for the application."""

    format_name: str
    columns: tuple[str, ...]
    scores: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A file's records, and how they are read."""

    records: Iterator[Record]
    name: str
    formats: Mapping[str, Format | Envelope]


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a file is read."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take(source: Source, settings: Settings, *, format_name: str, columns: tuple[str, ...], scores: str) -> Taken:
    """The file's records and their format; says which it took and why, where nobody has named one.

    Raises:
        Refused: no such format, or a mapping of columns that makes no sense.
        InvalidConfig: the settings' own formats are wrong.
    """
    problems: dict[str, str] = {}
    formats = all_formats(settings, problems)
    if problems:
        raise InvalidConfig(problems)
    lines = records(source, topic=TOPIC)
    if scores:
        lines = with_scores(lines, scores)
    if columns:
        return Taken(lines, _COLUMNS, {**formats, _COLUMNS: Columns(_mapping(columns))})
    if format_name == _AUTO:
        first = next(lines, None)
        if first is not None:
            return Taken(itertools.chain([first], lines), _recognised(first, source), formats)
    if format_name not in formats:
        raise Refused(f"no such format{suggestion(format_name, formats)}")
    return Taken(lines, format_name, formats)


def _recognised(first: Record, source: Source) -> str:
    """Which format the first record is of; the others may be of others, unless they are rows of a table."""
    tabular = source.kind in {"csv", "parquet"}
    try:
        found = recognise(first.value or b"")
    except InvalidRecord as error:
        news.print(printable(f"{source.name}: {error}"), style="yellow", highlight=False, soft_wrap=True)
        return _COLUMNS if tabular else _AUTO
    name = _COLUMNS if tabular and found.name == _NATIVE else found.name
    news.print(
        printable(f"reading {source.name} as {name}: the first record {found.why}"), highlight=False, soft_wrap=True
    )
    return name if tabular else _AUTO


def _mapping(columns: tuple[str, ...]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for said in columns:
        name, _, column = said.partition("=")
        if not column:
            raise Refused(f"--column {said}: write it as FIELD=COLUMN, for example output=answer")
        if name not in FIELDS:
            raise Refused(f"--column {said}: a sample has no such field{suggestion(name, FIELDS)}")
        mapping[name] = column
    return mapping
