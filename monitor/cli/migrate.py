"""``evergauge migrate``: bring the tables up to date."""

import click

from monitor.build import migrations

from .main import Place
from .show import as_json, console, print_json


@click.command()
@click.option("--dry-run", is_flag=True, help="Print the statements and apply nothing.")
@as_json
@click.pass_context
def migrate(ctx: click.Context, dry_run: bool, as_json: bool) -> None:
    """Create and update the tables; refuses when the database is not what earlier migrations made.

    \b
    Example:
      evergauge migrate --dry-run
    """
    place: Place = ctx.obj
    plan = migrations(place.settings())
    statements = plan.pending() if dry_run else plan.apply()
    if as_json:
        print_json({"applied": not dry_run, "statements": [statement.name for statement in statements]})
        return
    if not statements:
        console.print("[green]✓[/] the tables are up to date")
    for statement in statements:
        if dry_run:
            click.echo(f"-- {statement.name}\n{plan.rendered(statement.template)};\n")
        else:
            console.print(f"[green]✓[/] {statement.name}")


COMMANDS = (migrate,)
