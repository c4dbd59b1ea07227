"""A text as scorers read it: what several of them need is computed once, and only when somebody asks."""

import re
import unicodedata
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar, cast

import pycld2

from monitor.model import Sample

T = TypeVar("T")

_SEPARATORS = bytes(byte if (chr(byte).isalnum() and byte < 128) or byte >= 128 else 32 for byte in range(256)).lower()
"""ASCII as words see it: letters and digits, lower-cased, and everything else a space."""

_NO_LETTERS = bytes(byte for byte in range(128) if not (chr(byte).isalpha() or chr(byte).isspace()))
_ENDS = re.compile(r"""[.!?…]+["'”’»)\]*_]*(?=\s|\Z)|[。！？।؟]+""")
_ENDED = re.compile(rf"(?:{_ENDS.pattern})\Z")
_A_FEW = 20
_UNICODE_PUNCTUATION = re.compile("[\u00a0-\u00bf\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40]+")
_UNSPACED = re.compile("([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fa1f])")
"""Scripts that put no spaces between words: each character stands for a word."""


class Reading:
    """One text of a sample, and what can be known of it.

    >>> Reading("Don't panic: 42 towels!").words
    [b'don', b't', b'panic', b'42', b'towels']
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def data(self) -> bytes:
        """UTF-8."""
        return self.text.encode(errors="replace")

    @cached_property
    def words(self) -> list[bytes]:
        """Lower-cased runs of letters and digits; characters of scripts without spaces stand alone."""
        if self.text.isascii():
            return self.data.translate(_SEPARATORS).split()
        spaced = _UNSPACED.sub(r" \1 ", _UNICODE_PUNCTUATION.sub(" ", self.text.lower()))
        return spaced.encode(errors="replace").translate(_SEPARATORS).split()

    @cached_property
    def sentences(self) -> int:
        """Ends of sentences, and a last one that has no mark."""
        last = self.text[-_A_FEW:].rstrip()
        return len(_ENDS.findall(self.text)) + bool(last and not _ENDED.search(last))

    @cached_property
    def letters(self) -> int:
        """Characters that are letters, their marks, or blanks."""
        if self.text.isascii():
            return len(self.data.translate(None, _NO_LETTERS))
        return sum(c.isspace() or unicodedata.category(c)[0] in "LM" for c in self.text)

    @cached_property
    def vocabulary(self) -> frozenset[bytes]:
        """Different words."""
        return frozenset(self.words)


def detect(text: str) -> str | None:
    """ISO 639-1 code of a text's language; None when it cannot be told.

    CLD2 refuses some control characters; they carry no language, so they are left out.
    """
    clean = "".join([c if c.isprintable() else " " for c in text]) if not text.isprintable() else text
    try:
        reliable, _, details = pycld2.detect(clean.encode(), isPlainText=True, bestEffort=False)
    except pycld2.error:
        return None
    return str(details[0][1]).split("-")[0] if reliable else None


def noted(sample: Sample, name: str, make: Callable[[], T]) -> T:
    """What the first scorer that asked has found out, kept with the sample for the others."""
    known = sample.notes.get(name)
    if known is None:
        known = sample.notes[name] = make()
    return cast(T, known)


def answer(sample: Sample) -> Reading:
    """The answer, read once for every scorer."""
    return noted(sample, f"{__name__}.answer", lambda: Reading(sample.output or ""))


def prompt(sample: Sample) -> Reading:
    """What people put in front of the model, read once for every scorer."""
    return noted(sample, f"{__name__}.prompt", lambda: Reading(sample.prompt))


def context(sample: Sample) -> Reading:
    """The passages that the model was given, read once for every scorer."""
    return noted(sample, f"{__name__}.context", lambda: Reading("\n".join(sample.context)))
