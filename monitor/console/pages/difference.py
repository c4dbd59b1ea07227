"""Two texts in one, word by word: what only the one has, and what only the other."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from markupsafe import Markup

from .rendering import visible

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MOST = 4_000
"""Words of both together, else lines: finding what is common takes longer the more there are, squared."""
_LONGEST = 100_000


def difference(reference: str, answer: str) -> Markup:
    """The answer against the reference: what it leaves out is struck, what it adds is marked.

    >>> difference("in Paris", "in Rome")
    Markup('in <del>Paris</del><ins>Rome</ins>')
    """
    if max(len(reference), len(answer)) <= _LONGEST:
        for pieces in (_words, _lines):
            before, after = pieces(visible(reference)), pieces(visible(answer))
            if len(before) + len(after) <= _MOST:
                return Markup("").join(_marked(before, after))
    return Markup("<em>Too long to compare.</em>")


def _words(text: str) -> list[str]:
    return _WORDS.findall(text)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _marked(before: list[str], after: list[str]) -> Iterator[Markup]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, low, high, start, end in matcher.get_opcodes():
        if kind == "equal":
            yield Markup.escape("".join(after[start:end]))
            continue
        if high > low:
            yield Markup("<del>{}</del>").format("".join(before[low:high]))
        if end > start:
            yield Markup("<ins>{}</ins>").format("".join(after[start:end]))
