"""``evergauge agreement``: how far judges and people are of one mind."""

import asyncio
import time

import click
from rich.text import Text

from monitor.adapters.clickhouse.verdicts import ClickHouseVerdicts
from monitor.adapters.prometheus import PrometheusMeter
from monitor.build import address
from monitor.model import Measured
from monitor.pipeline.agree import Agree, Drift
from monitor.settings import Settings

from .main import FINDINGS, GOOD, Place
from .show import as_json, console, print_json, printable, table


@click.command()
@click.option("--days", default=28.0, show_default=True, type=click.FloatRange(min=0.01), help="How far back.")
@click.option("--app", default="", help="Only of this application.")
@click.option("--judge", default="", help="Only of this judge.")
@click.option("--least", default=30, show_default=True, type=click.IntRange(min=2), help="Samples that a figure needs.")
@as_json
@click.pass_context
def agreement(ctx: click.Context, days: float, app: str, judge: str, least: int, as_json: bool) -> None:
    """Measure agreement between judges and people, each figure with its interval, and whether a judge has drifted.

    Exit code 1 when a judge has drifted on its control items.

    \b
    Example:
      evergauge agreement --days 7 --app shop
    """
    place: Place = ctx.obj
    measured, drifts = asyncio.run(_measured(place.settings(), days, app, judge, least))
    if as_json:
        names = ("app", "judge", "version", "pair", "measure", "value", "low", "high", "n", "because", "weighted")
        drift_names = ("judge", "version", "items", "evidence", "alarm", "moved")
        print_json(
            {
                "agreement": [{name: getattr(one, name) for name in names} for one in measured],
                "drift": [{name: getattr(one, name) for name in drift_names} for one in drifts],
            }
        )
    else:
        _show(measured, drifts)
    ctx.exit(FINDINGS if any(drift.alarm for drift in drifts) else GOOD)


async def _measured(
    settings: Settings, days: float, app: str, judge: str, least: int
) -> tuple[list[Measured], list[Drift]]:
    verdicts = ClickHouseVerdicts(address(settings))
    agree = Agree(verdicts, PrometheusMeter(), time.time, window_days=days, least=least)
    try:
        return await agree.measured(int(time.time() * 1000), app=app, judge=judge), await agree.drifts()
    finally:
        await verdicts.close()


def _show(measured: list[Measured], drifts: list[Drift]) -> None:
    rows = [
        (
            one.app or "all",
            one.pair,
            one.version[:8],
            one.measure,
            one.because if one.value is None else f"{one.value:.3f}",
            "" if one.low is None else f"{one.low:.3f}",
            "" if one.high is None else f"{one.high:.3f}",
            f"{one.n:,}",
            "by inclusion" if one.weighted else "",
        )
        for one in measured
    ]
    columns = ("app", "between", "version", "measure", "value", "low", "high", "n", "weighted")
    if rows:
        console.print(table("", columns, rows, numbers=columns[4:8]))
    else:
        console.print("no sample has two verdicts yet: let people review a share of what judges see")
    for drift in drifts:
        state = Text("has drifted", "red bold") if drift.alarm else Text("is itself", "green")
        moved = f" ({', '.join(drift.moved)})" if drift.moved else ""
        named = f"{printable(drift.judge)} {drift.version[:8]}"
        said = f"{named}, {drift.items:,} control items, e-value {drift.evidence:.2f}: "
        console.print(Text.assemble(said, state, moved))


COMMANDS = (agreement,)
