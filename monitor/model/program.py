"""Code to be tried, and what came of it."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["python", "javascript"]


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be run: a source, and the calls to make of the function that it defines."""

    language: Language
    source: str
    calls: tuple[str, ...] = ()
    """Arguments of each call, as the text of a JSON list. Without any the source is just run."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a program."""

    status: Literal["done", "failed", "timeout", "killed"]
    output: bytes = b""
    """What our own runner wrote: JSON with name, parameters and results; of a source without calls, nothing."""
    error: str = ""
