"""``evergauge formats``: what can be read."""

import inspect

import click

from monitor import build
from monitor.errors import InvalidConfig

from .main import Place
from .show import as_json, console, print_json, table


@click.command()
@as_json
@click.pass_context
def formats(ctx: click.Context, as_json: bool) -> None:
    """List the formats that records may come in, your own included.

    \b
    Example:
      evergauge formats
    """
    place: Place = ctx.obj
    settings = place.settings()
    problems = build.load_modules(settings)
    every = build.all_formats(settings, problems)
    if problems:
        raise InvalidConfig(problems)
    known = [{"name": name, "what": _what(one)} for name, one in sorted(every.items())]
    if as_json:
        print_json(known)
    else:
        console.print(table("", ("format", "what it is"), [(one["name"], one["what"]) for one in known]))


def _what(one: object) -> str:
    return (inspect.getdoc(type(one)) or "").split("\n\n")[0].replace("\n", " ")


COMMANDS = (formats,)
