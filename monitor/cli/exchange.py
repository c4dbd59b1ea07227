"""``evergauge exchange``: reviews in Label Studio."""

import asyncio
import itertools
import signal
from collections.abc import Sequence

import click

from monitor import metrics
from monitor.adapters.prometheus import PrometheusMeter, serve
from monitor.build.exchange import ExchangeParts, build_exchange, exchange_parts
from monitor.console.exchange import Wish, read_items
from monitor.errors import Unavailable
from monitor.model import Item
from monitor.pipeline.exchange import Exchange
from monitor.pipeline.exchanged import Found, What
from monitor.reviews import Refused as RefusedByDesk
from monitor.settings import Settings

from .files import opened
from .main import FINDINGS, GOOD, Place, Refused
from .show import as_json, console, news, print_json, printable, table


@click.group(invoke_without_command=True)
@click.option("--once", is_flag=True, help="One round that looks at everything, and what came of it.")
@click.option("--metrics-port", type=click.IntRange(1, 65_535), help="Serve metrics here; without it none are served.")
@as_json
@click.pass_context
def exchange(ctx: click.Context, once: bool, metrics_port: int | None, as_json: bool) -> None:
    """Exchange reviews with Label Studio until Ctrl-C: items that wait go there, and what people annotate comes back.

    While Label Studio or the store is away it keeps trying. With --once: exit code 1 when something could not be
    exchanged, 3 when something is away.

    \b
    Example:
      evergauge exchange --once
      evergauge exchange push benchmark.jsonl --judge helpfulness
    """
    if ctx.invoked_subcommand:
        return
    place: Place = ctx.obj
    settings, meter = place.settings(), PrometheusMeter()
    if not once:
        if metrics_port:
            serve(meter, host=settings.worker.bind, port=metrics_port)
        asyncio.run(_kept_up(settings, meter))
        ctx.exit(GOOD)
    found = asyncio.run(_with(settings, meter, None))
    _report(found, as_json=as_json)
    ctx.exit(FINDINGS if found.broken else GOOD)


@exchange.command("push")
@click.argument("file")
@click.option("--judge", required=True, help="By whose rubric people review.")
@click.option("--reviewers", default=1, show_default=True, type=click.IntRange(1, 20), help="Reviews each one needs.")
@as_json
@click.pass_context
def push(ctx: click.Context, file: str, judge: str, reviewers: int, as_json: bool) -> None:
    """Offer samples of a file for review, and push them to Label Studio; those that wait already are left as they are.

    FILE is native JSON lines, may be .gz, or - for standard input. Exit code 1 when a line could not be read or pushed.

    \b
    Example:
      evergauge exchange push benchmark.jsonl --judge helpfulness --reviewers 2
    """
    place: Place = ctx.obj
    wish = Wish(judge=judge, wanted=reviewers)
    with opened(file) as source:
        lines = list(source.values())
    found = asyncio.run(_with(place.settings(), PrometheusMeter(), (wish, lines)))
    _report(found, as_json=as_json)
    ctx.exit(FINDINGS if found.broken else GOOD)


def _built(settings: Settings, parts: ExchangeParts, meter: PrometheusMeter) -> Exchange:
    return build_exchange(
        settings, queue=parts.reviews, users=parts.reviews, opinions=parts.opinions, tasks=parts.tasks,
        tool=parts.tool, meter=meter,
    )  # fmt: skip


async def _with(settings: Settings, meter: PrometheusMeter, given: tuple[Wish, Sequence[bytes]] | None) -> Found:
    parts = exchange_parts(settings)
    try:
        made = _built(settings, parts, meter)
        wrong = await _offer(made, *given) if given else []
        found = await made.round(full=True)
        for number, problem in wrong:
            found.trouble("unreadable_line", f"line {number}", problem)
        return found
    finally:
        await parts.close()


async def _offer(made: Exchange, wish: Wish, lines: Sequence[bytes]) -> list[tuple[int, str]]:
    try:
        read = list(zip(itertools.count(1), read_items(lines, wish, made.collect)))
    except RefusedByDesk as error:
        raise Refused(str(error)) from error
    new = await made.collect.lay([one for _, one in read if isinstance(one, Item)])
    news.print(f"{new:,} of {sum(isinstance(one, Item) for _, one in read):,} samples are new, and wait for people")
    return [(number, one) for number, one in read if isinstance(one, str)]


async def _kept_up(settings: Settings, meter: PrometheusMeter) -> None:
    parts, stopped = exchange_parts(settings), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    try:
        made = _built(settings, parts, meter)
        news.print(f"exchanging reviews with [bold]{settings.label_studio.url}[/]; Ctrl-C stops it")
        trouble = ""
        while not stopped.is_set():
            said = await _one_round(made, meter)
            if said and said != trouble:
                news.print(f"[yellow]{printable(said)}[/]", markup=True)
            trouble = said
            try:
                await asyncio.wait_for(stopped.wait(), settings.label_studio.poll_seconds)
            except TimeoutError:
                continue
    finally:
        await parts.close()


async def _one_round(made: Exchange, meter: PrometheusMeter) -> str:
    """What is away; empty when nothing is."""
    try:
        found = await made.round()
    except Unavailable as error:
        meter.count(metrics.EXCHANGE_AWAY, (error.system,))
        return str(error)
    if found.done:
        news.print(", ".join(f"{found.done[what]} {what}" for what in What if found.done[what]))
    for remark in (*found.remarks, *(f"{one.reason}: {one.where}: {one.message}" for one in found.broken)):
        news.print(printable(remark), style="yellow", markup=False)
    return ""


def _report(found: Found, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                **{what.value: found.done[what] for what in What},
                "broken": dict(found.reasons),
                "troubles": [one._asdict() for one in found.broken],
                "remarks": found.remarks,
            }
        )
        return
    console.print(table("", tuple(what.value for what in What), [[found.done[what] for what in What]], numbers=What))
    for remark in found.remarks:
        console.print(printable(remark), style="yellow", markup=False)
    if found.broken:
        rows = [(one.reason, one.where, one.message) for one in found.broken]
        console.print(table("could not be exchanged", ("reason", "where", "message"), rows))


COMMANDS = (exchange,)
