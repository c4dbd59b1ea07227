"""``evergauge config``: are the settings right, and what are they?"""

import click

from monitor.build import build_evaluate, inside
from monitor.errors import InvalidConfig

from .main import WRONG_USE, Place
from .show import as_json, console, print_json


@click.group()
def config() -> None:
    """Look at the settings."""


@config.command("check")
@as_json
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """List everything that is wrong with the settings at once, each with its cure. Exit code 2 when anything is.

    \b
    Example:
      evergauge --config evergauge.toml config check
    """
    place: Place = ctx.obj
    try:
        settings = place.settings()
        build_evaluate(settings, inside(settings))
    except InvalidConfig as error:
        if not as_json:
            raise
        print_json({"config": str(place.config or ""), "problems": error.problems})
        ctx.exit(WRONG_USE)
    if as_json:
        print_json({"config": str(place.config or ""), "problems": {}})
    else:
        console.print(f"[green]✓[/] {place.config or 'the built-in settings'}: nothing is wrong")


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
