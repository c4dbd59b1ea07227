"""``evergauge completion``: let the shell complete our commands."""

import click

from .main import completion_script


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that makes a shell complete evergauge's commands.

    \b
    Example:
      evergauge completion bash > ~/.local/share/bash-completion/completions/evergauge
    """
    click.echo(completion_script(shell))


COMMANDS = (completion,)
