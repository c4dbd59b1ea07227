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

_WORD_MARKS = bytes(32 if byte in b" \t\n\r\x0b\x0c" else 120 for byte in range(256))
"""Everything that is no blank an ``x``: a word begins where one follows a blank."""

_NO_LETTERS = bytes(byte for byte in range(256) if not (chr(byte).isalpha() or chr(byte).isspace()) or byte > 127)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CLOSING = b"\"')]*_"
_ENDS = bytes(ord(".") if byte in b".!?" else ord(" ") if chr(byte).isspace() and byte < 128 else ord("x")
              for byte in range(256))  # fmt: skip
_MARKS = tuple({"…": ".", "。": ". ", "！": ". ", "？": ". ", "।": ". ", "؟": ". ", "’": "", "”": "", "»": ""}.items())
"""What ends sentences in other scripts, in words of this one."""
_UNICODE_PUNCTUATION = re.compile(
    rb"\xe2[\x80\x81][\x80-\xbf]|\xc2[\xa0-\xbf]|\xe3\x80[\x80-\xbf]|\xef\xbc[\x80-\x8f\x9a-\xa0\xbb-\xbf]|\xef\xbd\x80"
)
"""UTF-8 of U+00A0–00BF, 2000–206F (and the few letters behind it), 3000–303F, FF00–FF0F, FF1A–FF20, FF3B–FF40."""
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
        return self._spaced.split()

    @cached_property
    def word_count(self) -> int:
        """How many words there are, without making them."""
        return (b" " + self._spaced.translate(_WORD_MARKS)).count(b" x")

    @cached_property
    def _spaced(self) -> bytes:
        """The words, lower-cased, with blanks for all else."""
        if self.text.isascii():
            return self.data.translate(_SEPARATORS)
        text = self.text.lower()
        if _UNSPACED.search(text):
            text = _UNSPACED.sub(r" \1 ", text)
        return _UNICODE_PUNCTUATION.sub(b" ", text.encode(errors="replace")).translate(_SEPARATORS)

    @cached_property
    def sentences(self) -> int:
        """Ends of sentences, and a last one that has no mark."""
        data = self.data
        if not self.text.isascii():
            text = self.text
            for mark, plain in _MARKS:
                text = text.replace(mark, plain)
            data = text.encode(errors="replace")
        ends = data.translate(_ENDS, _CLOSING).rstrip()
        return ends.count(b". ") + bool(ends)

    @cached_property
    def letters(self) -> int:
        """Characters that are letters, their marks, or blanks."""
        count = len(self.data.translate(None, _NO_LETTERS))
        if self.text.isascii():
            return count
        return count + sum(c.isspace() or unicodedata.category(c)[0] in "LM" for c in _NOT_ASCII.findall(self.text))

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
