"""Many patterns over a text in one pass that takes linear time, whatever the patterns are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import re2


def _options(*, same_case: bool) -> "re2.Options":
    options = re2.Options()
    options.case_sensitive = same_case
    options.log_errors = False
    return options


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a pattern matched."""

    name: str
    start: int
    """In bytes of the text's UTF-8."""
    text: str


class Patterns:
    """Named patterns, compiled into one automaton that says which of them match at all."""

    def __init__(self, patterns: Mapping[str, str], *, same_case: bool = False) -> None:
        options = _options(same_case=same_case)
        self._names = tuple(patterns)
        self._patterns = tuple(re2.compile(pattern, options=options) for pattern in patterns.values())
        self._set = re2.Set.SearchSet(options)
        for pattern in patterns.values():
            self._set.Add(pattern)
        self._set.Compile()

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def names(self, text: bytes) -> list[str]:
        """Which patterns match."""
        return [self._names[number] for number in self._set.Match(text) or ()]

    def hits(self, text: bytes) -> Iterable[Hit]:
        """Where each matching pattern matches, or its group where it has one; costs nothing more when none does."""
        for number in self._set.Match(text) or ():
            pattern = self._patterns[number]
            for match in pattern.finditer(text):
                start, end = match.span(1 if pattern.groups else 0)
                yield Hit(self._names[number], start, text[start:end].decode(errors="replace"))
