"""Records for the tests: what a producer sends on good days and on bad ones."""

import json
from collections.abc import Iterator

from tests.builders import make_call

WORDS = "The ferry leaves the old harbour at eight and comes back before the evening, weather permitting. "


def good(count: int, *, start: int = 0) -> Iterator[bytes]:
    """Single samples, each with an id of its own."""
    for number in range(start, start + count):
        app = ("support", "search", "extract")[number % 3]
        yield json.dumps(make_call(id=f"call-{number}", app=app, output=WORDS * (number % 4 + 1))).encode()


def mixed(count: int, *, start: int = 0) -> Iterator[bytes]:
    """Nineteen of twenty good, one broken."""
    for number, value in enumerate(good(count, start=start)):
        yield b'{"app": "support", "input": "cut' if number % 20 == 7 else value


def broken(count: int) -> int:
    """How many of ``mixed(count)`` are broken."""
    return sum(number % 20 == 7 for number in range(count))
