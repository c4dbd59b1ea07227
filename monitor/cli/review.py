"""``evergauge review``: what waits for people, and what they said; without the console."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from monitor.adapters.clickhouse import ClickHouseJudging, ClickHouseReviews
from monitor.adapters.memory import MemoryMeter
from monitor.build import address
from monitor.build.collect import build_collect
from monitor.model import Item, Role
from monitor.pipeline.collect import Collect
from monitor.reviews import Refused as Unwanted

from .files import opened
from .main import FINDINGS, GOOD, Place, Refused
from .show import as_json, console, news, print_json, table

T = TypeVar("T")
Names = dict[str, str]
"""Of people, by id."""


@click.group()
def review() -> None:
    """Items for people: what waits, in and out."""


@review.command("list")
@as_json
@click.pass_obj
def show(place: Place, as_json: bool) -> None:
    """Count what waits and what is done, by application, judge and reason.

    \b
    Example:
      evergauge review list
    """

    async def work(collect: Collect, _: Names) -> list[tuple[str, str, str, int, int]]:
        desk = collect.desk
        items = [item for item in desk.items.values() if not item.erased]
        all_of = Counter((item.app, item.judge, item.reason.value) for item in items)
        open_of = Counter((item.app, item.judge, item.reason.value) for item in desk.open_items())
        return [(*key, open_of[key], all_of[key] - open_of[key]) for key in sorted(all_of)]

    rows = _run(place, work)
    columns = ("application", "judge", "reason", "waiting", "done")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        console.print(table("review", columns, rows, numbers=("waiting", "done")))


@review.command("export")
@click.option("--app", help="Only this application's.")
@click.option("--judge", help="Only by this judge's rubric.")
@click.pass_obj
def export(place: Place, app: str | None, judge: str | None) -> None:
    """Print items as JSON lines, each with all reviews and what they come to together.

    \b
    Example:
      evergauge review export --judge quality > reviews.jsonl
    """
    from monitor.console.exchange import export_line

    async def work(collect: Collect, names: Names) -> None:
        for item in collect.desk.items.values():
            if app in (None, item.app) and judge in (None, item.judge):
                click.echo(export_line(item, collect, lambda one: names.get(str(one), "")), nl=False)

    _run(place, work)


@review.command("import")
@click.argument("file")
@click.option("--judge", required=True, help="Whose rubric people review by.")
@click.option("--wanted", default=1, show_default=True, type=click.IntRange(1, 20), help="Reviews that each needs.")
@click.pass_context
def lay(ctx: click.Context, file: str, judge: str, wanted: int) -> None:
    """Lay a file's samples (native JSON lines, - for standard input) on the desk; doing it twice changes nothing.

    Exit code 1 when a line cannot be read; the others are laid down all the same.

    \b
    Example:
      evergauge review import benchmark.jsonl --judge quality --wanted 2
    """
    from monitor.console.exchange import Wish, read_items

    place: Place = ctx.obj

    async def work(collect: Collect, _: Names) -> int:
        wrong = 0
        items: list[Item] = []
        with opened(file) as source:
            for number, read in enumerate(read_items(source.values(), Wish(judge=judge, wanted=wanted), collect), 1):
                if isinstance(read, Item):
                    items.append(read)
                elif read:
                    wrong += 1
                    news.print(f"line {number}: {read}", markup=False, highlight=False)
        laid = await collect.lay(items)
        news.print(f"{laid} laid on the desk, {len(items) - laid} were there, {wrong} cannot be read", highlight=False)
        return wrong

    ctx.exit(FINDINGS if _run(place, work) else GOOD)


def _run(place: Place, work: Callable[[Collect, Names], Awaitable[T]]) -> T:
    async def ran() -> T:
        settings = place.settings()
        reviews, opinions = ClickHouseReviews(address(settings)), ClickHouseJudging(address(settings))
        try:
            people = await reviews.all()
            leads = frozenset(one.id for one in people if one.role.covers(Role.LEAD))
            collect = build_collect(
                settings, queue=reviews, opinions=opinions, leads=lambda: leads, meter=MemoryMeter()
            )
            await collect.refresh()
            return await work(collect, {str(one.id): one.name for one in people})
        except Unwanted as error:
            raise Refused(str(error)) from error
        finally:
            await reviews.close()
            await opinions.close()

    return asyncio.run(ran())


COMMANDS = (review,)
