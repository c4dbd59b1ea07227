"""``evergauge schema``: the JSON Schema of a native sample."""

import click

from monitor.formats import native

from .show import print_json


@click.command()
def schema() -> None:
    """Print the JSON Schema of a native sample.

    \b
    Example:
      evergauge schema > sample.schema.json
    """
    print_json(native.json_schema())


COMMANDS = (schema,)
