"""``evergauge backfill``: have judged what the budget did not allow, or what came before there was a judge."""

import asyncio
import re
import time
from datetime import UTC, datetime

import click
from rich.progress import Progress

from monitor.adapters.clickhouse import ClickHouseSamples
from monitor.build import address, build_endpoints, build_panels
from monitor.build.judges import expected_expense
from monitor.cli.main import GOOD, Place, Refused
from monitor.cli.show import as_json, console, news, print_json
from monitor.model import Order, Waiting
from monitor.pipeline.ask_again import backfill as send
from monitor.settings import Settings
from streams.bus import KafkaBus

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@click.command()
@click.option("--app", required=True, help="Whose samples.")
@click.option("--since", required=True, help="How far back: 24h, 7d, or a time like 2026-11-01T12:00.")
@click.option("--until", default="", help="Up to when; up to now where not said.")
@click.option("--judge", default="", help="By which judge; needed where the application has several.")
@click.option(
    "--order",
    type=click.Choice([order.value for order in Order]),
    default=Order.NEWEST.value,
    show_default=True,
    help="Which come first: the newest, or those of which the checks are least sure.",
)
@click.option("--outcome", default="over_budget", show_default=True, help="Only samples of this outcome; '' for all.")
@click.option("--limit", default=1_000, show_default=True, type=click.IntRange(1, 1_000_000), help="Samples.")
@click.option("--yes", is_flag=True, help="Spend without asking.")
@click.option("--dry", is_flag=True, help="Say what it would cost, and do nothing.")
@as_json
@click.pass_context
def backfill(
    ctx: click.Context,
    app: str,
    since: str,
    until: str,
    judge: str,
    order: str,
    outcome: str,
    limit: int,
    yes: bool,
    dry: bool,
    as_json: bool,
) -> None:
    """Send samples to a judge that has not seen them, once you have agreed to the cost.

    Budgets hold for these too. They were picked and not drawn, so estimates do not count them.

    \b
    Example:
      evergauge backfill --app shop --since 24h --order valuable --limit 500
    """
    place: Place = ctx.obj
    settings = place.settings()
    judge = _judge(settings, app, judge)
    now_ms = int(time.time() * 1000)
    window = (when(since, now_ms), when(until, now_ms) if until else now_ms)
    waiting = asyncio.run(_found(settings, app, judge, window, Order(order), outcome, limit))
    cost = _cost(settings, app, judge) * len(waiting)
    if as_json:
        print_json({"app": app, "judge": judge, "samples": len(waiting), "expected_cost": cost, "dry": dry})
    else:
        console.print(f"{len(waiting):,} samples of {app} for {judge}, expected to cost {cost:.4f}")
    if not waiting or dry:
        ctx.exit(GOOD)
    if not yes and not click.confirm("Send them to the judge?", err=True):
        ctx.exit(GOOD)
    asyncio.run(_sent(settings, waiting))
    news.print("they are on their way; `evergauge status` and the scores tell the rest")
    ctx.exit(GOOD)


def when(said: str, now_ms: int) -> int:
    """Milliseconds since 1970 of a time, or of so long ago.

    Raises:
        Refused: it is neither.
    """
    ago = _AGO.fullmatch(said.strip())
    if ago:
        return now_ms - int(float(ago[1]) * _UNITS[ago[2]] * 1000)
    try:
        time_ = datetime.fromisoformat(said)
    except ValueError as error:
        raise Refused(f"{said}: write it as 24h, 7d or 2026-11-01T12:00") from error
    return int((time_ if time_.tzinfo else time_.replace(tzinfo=UTC)).timestamp() * 1000)


def _judge(settings: Settings, app: str, judge: str) -> str:
    judges = settings.apps[app].judges if app in settings.apps else settings.default.judges
    if judge and judge not in judges:
        raise Refused(f"--judge {judge}: {app} has {', '.join(judges) or 'no judge'}")
    if not judge and len(judges) != 1:
        raise Refused(f"--judge: name one of {', '.join(judges)}" if judges else f"{app} has no judge in the settings")
    return judge or judges[0]


def _cost(settings: Settings, app: str, judge: str) -> float:
    panels = build_panels(settings, build_endpoints(settings))
    said = settings.apps.get(app, settings.default).model_copy(update={"judges": (judge,)})
    return expected_expense(said, settings, panels).money


async def _found(
    settings: Settings, app: str, judge: str, window: tuple[int, int], order: Order, outcome: str, limit: int
) -> list[Waiting]:
    samples = ClickHouseSamples(address(settings))
    try:
        return list(await samples.unjudged(app, judge, *window, order=order, outcome=outcome, limit=limit))
    finally:
        await samples.close()


async def _sent(settings: Settings, waiting: list[Waiting]) -> None:
    bus = KafkaBus(settings.kafka)
    with Progress(console=news, transient=True, disable=not news.is_terminal) as bar:
        task = bar.add_task("sending", total=len(waiting))
        try:
            await send(waiting, bus, lambda count: bar.update(task, advance=count))
        finally:
            await bus.close()
