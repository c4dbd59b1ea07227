"""``evergauge up``: everything on this machine, until Ctrl-C."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.text import Text

from monitor.cli.main import GOOD, Place
from monitor.cli.show import news
from streams.embedded.kafka import JARS_BYTES
from streams.embedded.kafka import Progress as Told
from streams.embedded.stack import Stack


@click.command()
@click.option("--workers", default=1, show_default=True, type=click.IntRange(0, 64), help="Worker processes.")
@click.pass_context
def up(ctx: click.Context, workers: int) -> None:
    """Start Kafka, the store and workers on this machine; Ctrl-C stops everything in order.

    Data live in the directory that --data names, and survive a restart. Ports that are taken are replaced by free ones.

    \b
    Example:
      evergauge --data ./data up --workers 2
    """
    place: Place = ctx.obj
    ctx.exit(asyncio.run(_up(place, workers)))


async def _up(place: Place, workers: int) -> int:
    async with running(place, workers) as (stack, stopped):
        print_addresses(stack)
        news.print("\nCtrl-C stops it. In another terminal: [bold]evergauge send FILE[/], [bold]evergauge status[/]")
        await stopped.wait()
        news.print("stopping")
    return GOOD


@asynccontextmanager
async def running(place: Place, workers: int, *, judges: bool = False) -> AsyncGenerator[tuple[Stack, asyncio.Event]]:
    """The embedded servers for the length of a block, and an event that Ctrl-C sets."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    with _download_bar() as told:
        stack = Stack(place.data, tell, config=place.config, workers=workers, judges=judges, download_progress=told)
        starting = asyncio.create_task(stack.start())
        interrupted = asyncio.create_task(stopped.wait())
        await asyncio.wait({starting, interrupted}, return_when=asyncio.FIRST_COMPLETED)
        interrupted.cancel()
        if not starting.done():
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
            raise KeyboardInterrupt
        await starting
    try:
        yield stack, stopped
    finally:
        await stack.stop()


def tell(message: str) -> None:
    """A remark on standard error."""
    news.print(Text.assemble(("· ", "dim"), message), highlight=False)


def print_addresses(stack: Stack) -> None:
    """What there is to look at."""
    news.print()
    for name, address in stack.addresses.items():
        news.print(f"  {name:11} {address}", highlight=False, markup=False, soft_wrap=True)
    news.print(f"  {'data':11} {stack.data}", highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _download_bar() -> Generator[Told]:
    """A bar that appears only when there is something to download."""
    columns = (TextColumn("· downloading Apache Kafka, once"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=news, transient=True, disable=not news.is_terminal) as shown:
        task = shown.add_task("kafka", total=JARS_BYTES, visible=False)

        def told(done: int) -> None:
            shown.update(task, completed=min(done, JARS_BYTES), visible=True)

        yield told
