"""Tables for people, JSON for programs."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_PIPED = 160
"""Columns of a table that nobody looks at in a terminal: a pipe has no width of its own."""

console = Console(width=None if sys.stdout.isatty() else _PIPED)
"""Standard output."""
news = Console(stderr=True, width=None if sys.stderr.isatty() else _PIPED)
"""Standard error: progress and remarks, so that output can be piped."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, numbers: Iterable[str] = ()) -> Table:
    """A table; the named columns are numbers and stand to the right."""
    right = set(numbers)
    made = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    for column in columns:
        number = column in right
        made.add_column(column, justify="right" if number else "left", overflow="fold", no_wrap=number)
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(printable(str(cell))) for cell in row))
    return made


def printable(text: str) -> str:
    """Text out of people's data, without what a terminal would obey."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


VERDICT_STYLE = {"pass": "green", "fail": "red", "unsure": "yellow"}
