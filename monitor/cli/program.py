"""The ``evergauge`` program: our own commands, and those of other packages."""

import io
import sys
from importlib.metadata import entry_points

import click

from . import (
    agreement,
    checks,
    completion,
    config,
    console,
    convert,
    exchange,
    formats,
    judge,
    migrate,
    new,
    replay,
    review,
    rubric,
    schema,
    score,
    user,
)
from .main import cli

OWN = (
    agreement,
    checks,
    completion,
    config,
    console,
    convert,
    exchange,
    formats,
    judge,
    migrate,
    new,
    replay,
    review,
    rubric,
    schema,
    score,
    user,
)


def load_commands() -> None:
    """Add every command to the group; one whose packages are missing says so when it is called."""
    for module in OWN:
        for command in module.COMMANDS:
            cli.add_command(command)
    for entry in entry_points(group="evergauge.commands"):
        try:
            cli.add_command(entry.load())
        except ImportError as error:
            cli.add_command(_missing(entry.name, str(error)))


def _missing(name: str, why: str) -> click.Command:
    cure = f"needs more packages: pip install 'evergauge[stream,embedded]' ({why})"

    @click.command(name, help=f"{name} {cure}", context_settings={"ignore_unknown_options": True})
    @click.argument("arguments", nargs=-1)
    def missing(arguments: tuple[str, ...]) -> None:
        raise click.UsageError(f"{name} {cure}")

    return missing


def run() -> None:
    """What ``evergauge`` calls."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character is no reason to stop
    load_commands()
    cli(prog_name="evergauge")


if __name__ == "__main__":
    run()
