"""``evergauge topics``: list and create what we need of Kafka."""

import click
from rich.text import Text

from monitor.cli.main import FINDINGS, GOOD, Place
from monitor.cli.show import as_json, console, print_json, table
from streams import topics as known


@click.group()
def topics() -> None:
    """List and create the topics."""


@topics.command("list")
@as_json
@click.pass_context
def list_topics(ctx: click.Context, as_json: bool) -> None:
    """Show the topics that are needed and whether they are there. Exit code 1 when one is missing.

    \b
    Example:
      evergauge topics list
    """
    place: Place = ctx.obj
    settings = place.settings()
    missing = known.missing(settings)
    needed = known.topics(settings)
    if as_json:
        print_json(
            [
                {"name": t.name, "partitions": t.partitions, "there": t.name not in missing, "holds": t.holds}
                | {"key": t.key, "headers": t.headers, "config": t.config()}
                for t in needed
            ]
        )
    else:
        rows = [
            (
                t.name,
                t.partitions,
                Text("missing", "red") if t.name in missing else Text("there", "green"),
                t.holds,
                t.key,
            )
            for t in needed
        ]
        console.print(table("", ("topic", "partitions", "", "holds", "key"), rows, numbers=("partitions",)))
    ctx.exit(FINDINGS if missing else GOOD)


@topics.command("create")
@click.pass_context
def create(ctx: click.Context) -> None:
    """Make the topics that are missing; those that exist are left as they are.

    \b
    Example:
      evergauge topics create
    """
    place: Place = ctx.obj
    made = known.create(place.settings())
    for name in made:
        console.print(f"[green]✓[/] {name}")
    if not made:
        console.print("[green]✓[/] every topic is there")
