"""``evergauge new``: begin something of one's own."""

import re
from pathlib import Path

import click

from .main import Refused
from .show import console

_CHECK = '''"""A check of our own."""

from dataclasses import dataclass

from monitor.checks import Finding, register
from monitor.model import Sample


@register("{name}")
@dataclass(frozen=True)
class {class_name}:
    """The answer mentions a word: say here what yours asks of an answer."""

    word: str = "please"
    """Fields are parameters; settings give them."""

    def __call__(self, sample: Sample) -> Finding:
        found = self.word in (sample.output or "").lower()
        return Finding(1.0 if found else 0.0, "" if found else f"{{self.word!r}} is not mentioned")
'''
_TEST = '''"""What {name} passes and fails, and what it says."""

from datetime import UTC, datetime
from uuid import uuid4

from monitor.model import Sample

from {module} import {class_name}


def sample(output: str) -> Sample:
    return Sample(id=uuid4(), time=datetime.now(UTC), app="test", output=output)


def test_it_passes() -> None:
    assert {class_name}()(sample("Yes, please.")).value == 1.0


def test_it_fails_and_says_why() -> None:
    finding = {class_name}()(sample("No."))

    assert finding.value == 0.0
    assert finding.why
'''


@click.group()
def new() -> None:
    """Begin something of your own."""


@new.command("check")
@click.argument("name")
@click.option(
    "--in", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where; here otherwise."
)
def check(name: str, folder: Path) -> None:
    """Write a check with its test, ready to run and to be changed.

    \b
    Example:
      evergauge new check mentions_price
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", name):
        raise Refused(f"{name} is no name for a check: use small letters, digits and underscores")
    module = f"{name}_check"
    words = {"name": name, "module": module, "class_name": "".join(part.capitalize() for part in name.split("_"))}
    files = {folder / f"{module}.py": _CHECK, folder / f"test_{module}.py": _TEST}
    for file in files:
        if file.exists():
            raise Refused(f"{file} is there already")
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        file.write_text(text.format(**words), encoding="utf-8")
        console.print(f"wrote {file}", highlight=False, markup=False)
    console.print(
        f'\nTurn it on in evergauge.toml:\n\n[checks]\nmodules = ["{module}"]\n\n[default.checks]\n{name} = true',
        highlight=False,
        markup=False,
    )


COMMANDS = (new,)
