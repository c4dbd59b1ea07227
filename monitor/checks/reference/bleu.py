"""BLEU, as sacreBLEU defines it: 13a tokens, up to 4-grams, exponential smoothing.

Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation" (2002); Post, "A Call for Clarity in
Reporting BLEU Scores" (2018). Signature: ``case:mixed|eff:yes|tok:13a|smooth:exp`` for a sentence, ``eff:no`` for a
corpus. Values are 0…1 here, where sacreBLEU says 0…100.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.checks.base import Finding, register
from monitor.model import Sample

from .compared import NO_ANSWER, NO_REFERENCE

ORDER = 4
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_APART = str.maketrans({c: f" {c} " for c in '{|}~[\\]^_`!"#$%&()*+:;<=>?@/'})
"""The first rule of 13a, but for the blank, which stands apart already."""
_13A = (
    (".,", re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),
    (".,", re.compile(r"([\.,])([^0-9])"), r" \1 \2"),
    ("-", re.compile(r"([0-9])(-)"), r"\1 \2 "),
)

Grams = Counter[tuple[str, ...]]


def tokens_13a(text: str) -> list[str]:
    """NIST's mteval-v13a tokens: punctuation apart, except inside of numbers.

    >>> tokens_13a("It cost $1,000.50, not 5-6.")
    ['It', 'cost', '$', '1,000.50', ',', 'not', '5', '-', '6', '.']
    """
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    text = f" {text} ".translate(_APART)
    for marks, pattern, replacement in _13A:
        if any(mark in text for mark in marks):
            text = pattern.sub(replacement, text)
    return text.split()


@dataclass(frozen=True, slots=True)
class Counts:
    """What BLEU needs to know of one answer, or of many added up."""

    matches: tuple[int, ...]
    """Clipped n-gram matches, by n."""
    totals: tuple[int, ...]
    """n-grams of the answer, by n."""
    length: int
    reference_length: int

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            tuple(map(sum, zip(self.matches, other.matches, strict=True))),
            tuple(map(sum, zip(self.totals, other.totals, strict=True))),
            self.length + other.length,
            self.reference_length + other.reference_length,
        )


@lru_cache(maxsize=1024)
def _reference(text: str) -> tuple[int, Grams]:
    tokens = tokens_13a(text)
    return len(tokens), _grams(tokens)


def _grams(tokens: Sequence[str]) -> Grams:
    grams: Grams = Counter()
    for n in range(1, ORDER + 1):
        grams.update(zip(*(tokens[i:] for i in range(n)), strict=False))
    return grams


def count(answer: str, references: Sequence[str]) -> Counts:
    """Clip the answer's n-grams by the references'; the closest reference length counts, the shorter of two."""
    tokens = tokens_13a(answer)
    known = [_reference(reference) for reference in references]
    allowed = known[0][1] if len(known) == 1 else _union([grams for _, grams in known])
    matches, totals = [0] * ORDER, [max(len(tokens) - n, 0) for n in range(ORDER)]
    for n in range(ORDER):
        grams = zip(*(tokens[i:] for i in range(n + 1)), strict=False)
        common = Counter([gram for gram in grams if gram in allowed])
        if not common:
            break  # no longer n-gram can match either
        matches[n] = sum([min(times, allowed[gram]) for gram, times in common.items()])
    closest = min((abs(length - len(tokens)), length) for length, _ in known)[1]
    return Counts(tuple(matches), tuple(totals), len(tokens), closest)


def _union(all_grams: Sequence[Grams]) -> Grams:
    union: Grams = Counter()
    for grams in all_grams:
        union |= grams
    return union


def score(counts: Counts, *, effective_order: bool) -> float:
    """BLEU in 0…1.

    Args:
        counts: of one answer, or added up over a corpus.
        effective_order: leave out the orders that the answer is too short for; sacreBLEU does so for sentences.
    """
    if not counts.length or not any(counts.matches):
        return 0.0
    smoothing, logs, order = 1.0, 0.0, ORDER
    for n, (match, total) in enumerate(zip(counts.matches, counts.totals, strict=True)):
        if total == 0:
            if not effective_order:
                return 0.0
            order = n
            break
        if match == 0:
            smoothing *= 2
        logs += math.log(match / total if match else 1.0 / (smoothing * total))
    brevity = 1.0
    if counts.length < counts.reference_length:
        brevity = math.exp(1 - counts.reference_length / counts.length)
    return brevity * math.exp(logs / order)


def sentence_bleu(answer: str, references: Sequence[str]) -> float:
    """BLEU of one answer, 0…1."""
    return score(count(answer, references), effective_order=True)


def corpus_bleu(answers: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """BLEU of many answers, 0…1; counts are added up first, so it is not the mean of the sentences'.

    Args:
        answers: n texts.
        references: n lists of references, one list an answer.
    """
    total = Counts((0,) * ORDER, (0,) * ORDER, 0, 0)
    for answer, right in zip(answers, references, strict=True):
        total += count(answer, right)
    return score(total, effective_order=False)


@register("bleu", passes_from=0.2, needs="references")
@dataclass(frozen=True, slots=True)
class Bleu:
    """Sentence BLEU against all references at once, equal to sacreBLEU's."""

    def __call__(self, sample: Sample) -> Finding:
        if not sample.references:
            return NO_REFERENCE
        if not sample.output:
            return NO_ANSWER
        value = sentence_bleu(sample.output, sample.references)
        return Finding(min(value, 1.0), f"BLEU {100 * value:.1f}")
