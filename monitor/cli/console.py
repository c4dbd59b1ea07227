"""``evergauge console``: the web console, until it is told to stop."""

import asyncio
from collections.abc import Iterable
from socket import socket
from typing import TYPE_CHECKING, Protocol

import click

from monitor.errors import InvalidConfig

from .main import GOOD, Place, Refused
from .show import news

if TYPE_CHECKING:
    from fastapi import FastAPI


class _Store(Protocol):
    async def close(self) -> None: ...


@click.command("console")
@click.option("--port", type=click.IntRange(0, 65_535), help="Listen here, 0 for any; console.port where not said.")
@click.option("--metrics-port", type=click.IntRange(1, 65_535), help="Show numbers for Prometheus here; else nowhere.")
@click.pass_context
def console(ctx: click.Context, port: int | None, metrics_port: int | None) -> None:
    """Serve the web console and its API until Ctrl-C: people review what the judges are not sure of.

    Exit code 2 when the settings are wrong, before anything is touched. While the store is away it keeps running, and
    /ready says so.

    \b
    Example:
      evergauge user add ann --role admin
      evergauge console
    """
    try:
        from monitor.build.console import build_console  # FastAPI takes a second to import
        from monitor.console.server import listen
    except ImportError as error:
        raise Refused(f"the console needs more packages: pip install 'evergauge[console]' ({error})") from error
    from monitor.adapters.clickhouse import ClickHouseJudging, ClickHouseReviews
    from monitor.adapters.prometheus import PrometheusMeter
    from monitor.adapters.prometheus import serve as show
    from monitor.build import address
    from monitor.build.exchange import exchange_parts

    place: Place = ctx.obj
    settings = place.settings()
    reviews, opinions = ClickHouseReviews(address(settings)), ClickHouseJudging(address(settings), pause=0.0)
    meter = PrometheusMeter()
    label_studio = exchange_parts(settings) if settings.label_studio.webhook_url else None
    outside = (label_studio.tasks, label_studio.tool) if label_studio else None
    app = build_console(settings, queue=reviews, users=reviews, opinions=opinions, meter=meter, outside=outside)
    host, port = settings.console.bind, settings.console.port if port is None else port
    try:
        listener = listen(host, port)
        if metrics_port:
            show(meter, host=host, port=metrics_port)
    except OSError as error:
        cure = f"cannot listen on {host}: {error.strerror}; choose another port"
        raise InvalidConfig({"console.port": cure}) from error
    news.print(f"the console is at http://{host}:{listener.getsockname()[1]}; Ctrl-C stops it", highlight=False)
    asyncio.run(_serve(app, listener, (reviews, opinions, *([label_studio] if label_studio else []))))
    ctx.exit(GOOD)


async def _serve(app: "FastAPI", listener: socket, stores: Iterable[_Store]) -> None:
    from monitor.console.server import serve

    try:
        await serve(app, listener)
    finally:
        for store in stores:
            await store.close()


COMMANDS = (console,)
