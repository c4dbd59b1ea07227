"""chrF and chrF++, as sacreBLEU defines them: F-score over character n-grams, chrF++ over word n-grams too.

Popović, "chrF: character n-gram F-score for automatic MT evaluation" (2015); "chrF++: words helping character n-grams"
(2017). β = 2: recall counts twice as much as precision. Values are 0…1 here, where sacreBLEU says 0…100.
"""

import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.checks.base import Finding, register
from monitor.model import Sample

from .compared import NO_ANSWER, NO_REFERENCE

CHARACTERS = 6
WORDS = 2
_BETA_SQUARED = 4
_PUNCTUATION = frozenset(string.punctuation)

Grams = tuple[Counter[str], ...]
"""By order: characters from 1, then words from 1."""
Statistics = tuple[tuple[int, int, int], ...]
"""By order: n-grams of the answer, of the reference, and matches."""


def _words(text: str) -> list[str]:
    """Words with a leading or trailing punctuation mark apart, as chrF++ wants them."""
    words: list[str] = []
    for word in text.split():
        if len(word) == 1:
            words.append(word)
        elif word[-1] in _PUNCTUATION:
            words += [word[:-1], word[-1]]
        elif word[0] in _PUNCTUATION:
            words += [word[0], word[1:]]
        else:
            words.append(word)
    return words


@lru_cache(maxsize=1024)
def _reference(text: str, words: int) -> Grams:
    return _grams(text, words)


def _grams(text: str, words: int) -> Grams:
    packed = "".join(text.split())
    grams = [Counter([packed[i : i + n] for i in range(len(packed) - n + 1)]) for n in range(1, CHARACTERS + 1)]
    if words:
        tokens = _words(text)
        grams += [
            Counter([" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]) for n in range(1, words + 1)
        ]
    return tuple(grams)


def statistics(answer: str, references: Sequence[str], *, words: int = 0) -> Statistics:
    """Counts against the reference that scores best, to add up over a corpus."""
    packed, tokens = "".join(answer.split()), _words(answer) if words else []
    candidates = [_match(packed, tokens, _reference(reference, words)) for reference in references]
    return max(candidates, key=score) if len(candidates) > 1 else candidates[0]


def _match(packed: str, tokens: Sequence[str], wanted: Grams) -> Statistics:
    """Only n-grams that the reference has are counted; where none of an order matches, no longer one can."""
    rows: list[tuple[int, int, int]] = []
    going = True
    for n, theirs in enumerate(wanted[:CHARACTERS], start=1):
        last = len(packed) - n + 1
        if going and len(theirs) <= _FEW:
            matches = sum([min(times, _occurrences(gram, packed)) for gram, times in theirs.items()])
            rows.append((max(last, 0) if theirs else 0, theirs.total(), matches))
            going = matches > 0
            continue
        common = [gram for i in range(last) if (gram := packed[i : i + n]) in theirs] if going else []
        going = bool(common)
        rows.append(_row(last, common, theirs))
    for n, theirs in enumerate(wanted[CHARACTERS:], start=1):
        last = len(tokens) - n + 1
        common = [gram for i in range(last) if (gram := " ".join(tokens[i : i + n])) in theirs]
        rows.append(_row(last, common, theirs))
    return tuple(rows)


_FEW = 24
"""n-grams of a reference that are looked for one by one, rather than among all of the answer's."""


def _occurrences(gram: str, text: str) -> int:
    """How often it stands there, overlaps included.

    >>> _occurrences("aa", "aaa b aa")
    3
    """
    times, at = 0, text.find(gram)
    while at >= 0:
        times, at = times + 1, text.find(gram, at + 1)
    return times


def _row(said: int, common: list[str], theirs: Counter[str]) -> tuple[int, int, int]:
    matches = sum([min(times, theirs[gram]) for gram, times in Counter(common).items()])
    # An answer says nothing of an order that the reference has no n-gram of.
    return max(said, 0) if theirs else 0, theirs.total(), matches


def score(statistics: Statistics) -> float:
    """ChrF in 0…1: F of the mean precision and the mean recall, over the orders that both sides have."""
    precision = recall = 0.0
    orders = 0
    for said, wanted, matches in statistics:
        if said and wanted:
            orders += 1
            precision += matches / said
            recall += matches / wanted
    if not precision:
        return 0.0
    precision, recall = precision / orders, recall / orders
    return (1 + _BETA_SQUARED) * precision * recall / (_BETA_SQUARED * precision + recall)


def sentence_chrf(answer: str, references: Sequence[str], *, words: int = 0) -> float:
    """ChrF of one answer, 0…1; with ``words=2`` it is chrF++."""
    return score(statistics(answer, references, words=words))


def corpus_chrf(answers: Sequence[str], references: Sequence[Sequence[str]], *, words: int = 0) -> float:
    """ChrF of many answers, 0…1; counts are added up first.

    Args:
        answers: n texts.
        references: n lists of references, one list an answer.
        words: highest order of word n-grams; 2 makes it chrF++.
    """
    total = [(0, 0, 0)] * (CHARACTERS + words)
    for answer, right in zip(answers, references, strict=True):
        rows = statistics(answer, right, words=words)
        total = [(a + x, b + y, c + z) for (a, b, c), (x, y, z) in zip(total, rows, strict=True)]
    return score(tuple(total))


def _finding(sample: Sample, words: int, name: str) -> Finding:
    if not sample.references:
        return NO_REFERENCE
    if not sample.output:
        return NO_ANSWER
    value = sentence_chrf(sample.output, sample.references, words=words)
    return Finding(min(value, 1.0), f"{name} {100 * value:.1f}")


@register("chrf", passes_from=0.4, needs="references")
@dataclass(frozen=True, slots=True)
class ChrF:
    """Character n-gram F-score against the best reference, equal to sacreBLEU's."""

    def __call__(self, sample: Sample) -> Finding:
        return _finding(sample, 0, "chrF")


@register("chrf++", passes_from=0.4, needs="references")
@dataclass(frozen=True, slots=True)
class ChrFPlusPlus:
    """Character and word n-gram F-score against the best reference, equal to sacreBLEU's."""

    def __call__(self, sample: Sample) -> Finding:
        return _finding(sample, WORDS, "chrF++")
