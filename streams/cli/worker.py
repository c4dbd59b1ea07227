"""``evergauge worker``: one worker process."""

import click

from monitor.cli.main import Place


@click.command()
@click.pass_context
def worker(ctx: click.Context) -> None:
    """Run one worker until it is told to stop.

    Exit code 2 when the settings are wrong, before anything is touched; 3 when Kafka is away; 70 on a bug of ours.

    \b
    Example:
      EVERGAUGE_KAFKA__BOOTSTRAP_SERVERS=kafka:9092 evergauge worker
    """
    from streams.worker import run  # Faust takes a second to import, and only this command needs it

    place: Place = ctx.obj
    ctx.exit(run(place.settings()))
