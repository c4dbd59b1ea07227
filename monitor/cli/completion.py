"""``evergauge completion``: let the shell complete our commands."""

import click
from click.shell_completion import get_completion_class

from .main import cli


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that makes a shell complete evergauge's commands.

    \b
    Example:
      evergauge completion bash > ~/.local/share/bash-completion/completions/evergauge
    """
    complete = get_completion_class(shell)
    assert complete is not None
    click.echo(complete(cli, {}, "evergauge", "_EVERGAUGE_COMPLETE").source())


COMMANDS = (completion,)
