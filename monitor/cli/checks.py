"""``evergauge checks``: which checks there are."""

import click

from monitor import build
from monitor.checks import checks as registry
from monitor.checks import documentation
from monitor.errors import InvalidConfig

from .main import Place
from .show import as_json, console, print_json, table


@click.command()
@as_json
@click.pass_context
def checks(ctx: click.Context, as_json: bool) -> None:
    """List the checks, your own included, with their parameters.

    \b
    Example:
      evergauge checks --json
    """
    place: Place = ctx.obj
    problems = build.load_modules(place.settings())
    if problems:
        raise InvalidConfig(problems)
    documented = [documentation(spec) for spec in registry.values()]
    if as_json:
        print_json(documented)
        return
    rows = [
        (
            d["name"],
            "yes" if d["default"] else "",
            f"{d['passes_from']:g}",
            ", ".join(f"{name}={value!r}" for name, value in dict(d["parameters"]).items()),  # type: ignore[call-overload]
            d["what"],
        )
        for d in documented
    ]
    console.print(table("", ("check", "default", "passes from", "parameters", "what it asks"), rows))


COMMANDS = (checks,)
