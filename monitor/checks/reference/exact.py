"""Exact match and token F1, as SQuAD defines them.

Rajpurkar et al., "Know What You Don't Know: Unanswerable Questions for SQuAD" (2018), evaluation script v2.0.
"""

import re
import string
from collections import Counter
from dataclasses import dataclass

from monitor.checks.base import CLEAN, Finding, register
from monitor.model import Sample

from .compared import NO_REFERENCE, best, compared

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Lower case, no ASCII punctuation, no English articles, single spaces.

    >>> normalise("The  Eiffel Tower!")
    'eiffel tower'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(answer: str, reference: str) -> float:
    """1.0 when both are the same after normalisation, else 0.0."""
    return float(normalise(answer) == normalise(reference))


def token_f1(answer: str, reference: str) -> float:
    """Harmonic mean of precision and recall over normalised tokens, counted with repeats.

    Where either side has no token left, 1.0 when both have none, else 0.0.

    >>> token_f1("in the city of Paris", "Paris, France")
    0.3333333333333333
    """
    said, wanted = normalise(answer).split(), normalise(reference).split()
    if not said or not wanted:
        return float(said == wanted)
    common = sum((Counter(said) & Counter(wanted)).values())
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


@register("exact_match", needs="references")
@dataclass(frozen=True, slots=True)
class ExactMatch:
    """The answer is a reference, but for case, punctuation, articles and spaces (SQuAD's exact match)."""

    def __call__(self, sample: Sample) -> Finding:
        found = best(sample, exact_match)
        if found is None:
            return NO_REFERENCE
        return CLEAN if found[0] else Finding(0.0, f"not the reference {sample.references[0][:80]!r}", "different")


@register("token_f1", passes_from=0.5, needs="references")
@dataclass(frozen=True, slots=True)
class TokenF1:
    """Token overlap of answer and reference as F1 (SQuAD's F1)."""

    def __call__(self, sample: Sample) -> Finding:
        return compared(sample, token_f1, "token F1")
