"""``evergauge worker``: one worker process."""

import os

import click

from monitor.cli.main import Place


@click.command()
@click.option("--role", type=click.Choice(["evaluate", "grade"]), help="What it does; worker.role where not said.")
@click.pass_context
def worker(ctx: click.Context, role: str | None) -> None:
    """Run one worker until it is told to stop: score samples, or ask judges about those that were drawn.

    Exit code 2 when the settings are wrong, before anything is touched; 3 when Kafka is away; 70 on a bug of ours.

    \b
    Example:
      EVERGAUGE_KAFKA__BOOTSTRAP_SERVERS=kafka:9092 evergauge worker
    """
    from streams.worker import run  # Faust takes a second to import, and only this command needs it

    place: Place = ctx.obj
    if role:
        os.environ["EVERGAUGE_WORKER__ROLE"] = role
    ctx.exit(run(place.settings()))
