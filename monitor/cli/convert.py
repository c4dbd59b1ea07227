"""``evergauge convert``: any format that comes in, as our own."""

import sys
from collections import Counter
from pathlib import Path
from typing import BinaryIO, Unpack

import click

from monitor.build import load_modules
from monitor.errors import InvalidConfig
from monitor.formats import Defaults, Ignored, Limits, Unreadable, decode, native
from monitor.settings import Settings

from .files import STDIN, Bar, opened, progress
from .main import FINDINGS, GOOD, Place, Refused
from .reading import How, Taken, reading_options, take
from .show import news, printable

_SHOWN = 10


@click.command()
@click.argument("file")
@reading_options
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write there, and not to standard output.")
@click.pass_context
def convert(ctx: click.Context, file: str, out: Path | None, app: str, **how: Unpack[How]) -> None:
    """Write a file's samples as native JSON lines, whatever format they come in.

    What cannot be read is named on standard error. Exit code 1 when there is such.

    \b
    Example:
      evergauge convert export.parquet --app shop --out samples.jsonl
    """
    place: Place = ctx.obj
    if out and out.exists() and file != STDIN and out.samefile(file):
        raise Refused("--out names the file that is read: name another")
    settings = place.settings()
    problems = load_modules(settings)
    if problems:
        raise InvalidConfig(problems)
    with opened(file) as source, progress(source, "converting") as bar:
        taken = take(source, settings, **how)
        if out is None:
            counts = _converted(taken, settings, app, sys.stdout.buffer, bar)
        else:
            with out.open("wb") as target:
                counts = _converted(taken, settings, app, target, bar)
    news.print(", ".join(f"{what}: {times:,}" for what, times in counts.items()), highlight=False, soft_wrap=True)
    ctx.exit(FINDINGS if counts["dead"] else GOOD)


def _converted(taken: Taken, settings: Settings, app: str, target: BinaryIO, bar: Bar) -> Counter[str]:
    defaults = Defaults(app=app, tags=frozenset(settings.samples.tags))
    limits = Limits(record_bytes=settings.limits.record_bytes, samples=settings.limits.samples)
    counts = Counter[str](samples=0)
    for record in taken.records:
        for one in decode(record, taken.formats[taken.name], defaults=defaults, limits=limits):
            match one:
                case Unreadable():
                    counts["dead"] += 1
                    if counts["dead"] <= _SHOWN:
                        news.print(
                            printable(f"{record.origin}: {one.error}"), style="red", highlight=False, soft_wrap=True
                        )
                case Ignored():
                    counts["ignored"] += 1
                case _:
                    counts["samples"] += 1
                    target.write(native.write(one) + b"\n")
        bar(1)
    return counts


COMMANDS = (convert,)
