"""The command group, and what is the same for every command: settings, errors, exit codes."""

import fcntl
import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from monitor import __version__
from monitor.errors import InvalidConfig, MonitorError, Unavailable
from monitor.settings import Settings, load

GOOD, FINDINGS, WRONG_USE, AWAY = 0, 1, 2, 3
RUNNING = "running.json"
"""In the data directory: how to reach the embedded servers, for commands in other terminals."""


class Refused(click.ClickException):
    """What was asked for cannot be done, whatever the settings are."""

    exit_code = WRONG_USE


class EvergaugeGroup(click.Group):
    """Turns our errors into one clear message and an exit code; our bugs keep their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InvalidConfig as error:
            click.secho("The settings are wrong:", fg="red", err=True)
            for path, problem in error.problems.items():
                click.echo(f"  {path}: {problem}", err=True)
            ctx.exit(WRONG_USE)
        except Unavailable as error:
            away = "refuses" if error.refused else "is away"
            click.secho(f"{error.system} {away}: {error.detail}", fg="red", err=True)
            ctx.exit(AWAY)
        except MonitorError as error:
            click.secho(str(error), fg="red", err=True)
            ctx.exit(WRONG_USE)
        except BrokenPipeError:  # the reader of our output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(GOOD)
        except OSError as error:
            if error.filename is None:
                raise
            click.secho(f"{error.filename}: {error.strerror}", fg="red", err=True)
            ctx.exit(WRONG_USE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the settings and the data are."""

    config: Path | None
    data: Path

    def settings(self) -> Settings:
        """The settings, pointing at the embedded servers where those run in the data directory.

        Raises:
            InvalidConfig: everything that is wrong at once.
        """
        return load(self.config, {**self.running(), **os.environ})

    def running(self) -> dict[str, str]:
        """Environment that leads to the embedded servers; empty when none run here."""
        try:
            with (self.data / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._addresses()
        except OSError:
            return {}
        return {}

    def _addresses(self) -> dict[str, str]:
        try:
            return json.loads((self.data / RUNNING).read_text(encoding="utf-8"))["environment"]
        except (OSError, ValueError, KeyError):
            return {}


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=EvergaugeGroup, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="evergauge")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="EVERGAUGE_CONFIG",
    help="Settings file; without it ./evergauge.toml, where there is one.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="EVERGAUGE_DATA",
    default=Path("data"),
    show_default=True,
    help="Directory of the embedded servers; commands talk to the ones that run there.",
)
@click.pass_context
def cli(ctx: click.Context, config: Path | None, data: Path) -> None:
    """Know how good an LLM application in production really is.

    \b
    Example:
      evergauge demo --for 60        watch a simulated product being scored
      evergauge replay FILE          score a file, without any server
    """
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # its errors reach people as Unavailable
    default = Path("evergauge.toml")
    ctx.obj = Place(config or (default if default.is_file() else None), data)
