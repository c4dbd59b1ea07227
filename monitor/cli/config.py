"""``evergauge config``: are the settings right, and what are they?"""

import asyncio

import click

from monitor.build import build_endpoints, build_evaluate, inside
from monitor.errors import InvalidConfig
from monitor.settings import Settings

from .main import WRONG_USE, Place
from .show import as_json, console, print_json


@click.group()
def config() -> None:
    """Look at the settings."""


@config.command("check")
@click.option("--online", is_flag=True, help="Ask each endpoint too, with one small call.")
@as_json
@click.pass_context
def check(ctx: click.Context, as_json: bool, online: bool) -> None:
    """List everything that is wrong with the settings at once, each with its cure. Exit code 2 when anything is.

    \b
    Example:
      evergauge --config evergauge.toml config check
    """
    place: Place = ctx.obj
    try:
        settings = place.settings()
        build_evaluate(settings, inside(settings))
        if online and (problems := asyncio.run(_asked(settings))):
            raise InvalidConfig(problems)
    except InvalidConfig as error:
        if not as_json:
            raise
        print_json({"config": str(place.config or ""), "problems": error.problems})
        ctx.exit(WRONG_USE)
    if as_json:
        print_json({"config": str(place.config or ""), "problems": {}})
    else:
        console.print(f"[green]✓[/] {place.config or 'the built-in settings'}: nothing is wrong")


async def _asked(settings: Settings) -> dict[str, str]:
    """What each endpoint is found wanting in."""
    endpoints = build_endpoints(settings)
    said = await asyncio.gather(*(endpoint.judge.check() for endpoint in endpoints.values()))
    for endpoint in endpoints.values():
        await endpoint.judge.close()
    return {f"endpoints.{name}": problem for name, problem in zip(endpoints, said, strict=True) if problem}


@config.command("show")
@click.pass_context
def show(ctx: click.Context) -> None:
    """Print the settings in force, defaults and environment included, secrets masked.

    \b
    Example:
      evergauge config show
    """
    place: Place = ctx.obj
    print_json(place.settings().model_dump(mode="json"))


COMMANDS = (config,)
