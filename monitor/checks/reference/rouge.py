"""ROUGE, computed by rouge-score-rs, whose scores are those of Google's rouge-score.

Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004). The value is the F-measure against the best
reference; stems are Porter's, as in rouge-score with ``use_stemmer=True``.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, cast

from rouge_score_rs import RougeScorer

from monitor.checks.base import Finding, at_least, register
from monitor.model import Sample

from .compared import compared


@lru_cache(maxsize=8)
def _scorer(kind: str, stems: bool) -> RougeScorer:
    return RougeScorer([kind], use_stemmer=stems)


def rouge(kind: str, answer: str, reference: str, *, stems: bool = True) -> float:
    """F-measure, 0…1.

    Args:
        kind: ``rouge1`` to ``rouge9``, ``rougeL``, or ``rougeLsum``, which wants a sentence a line.
        answer: the text to judge.
        reference: the text to hold it against.
        stems: whether words count by their stems.

    >>> round(rouge("rougeL", "the cat was found", "the cat was under the bed"), 3)
    0.6
    """
    return float(cast(Any, _scorer(kind, stems).score(reference, answer)[kind]).fmeasure)


@dataclass(frozen=True, slots=True)
class _Rouge:
    """One kind of ROUGE, named by the kinds below."""

    stems: bool = True
    look_at: int = 10_000
    """Characters of each side: the work for common subsequences grows with the product of both lengths."""
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        at_least(1, look_at=self.look_at)

    def __call__(self, sample: Sample) -> Finding:
        return compared(sample, self._similarity, f"{self.kind} F")

    def _similarity(self, answer: str, reference: str) -> float:
        return rouge(self.kind, answer[: self.look_at], reference[: self.look_at], stems=self.stems)


@register("rouge1", passes_from=0.3, needs="references")
@dataclass(frozen=True, slots=True)
class Rouge1(_Rouge):
    """Overlap of single words with the reference (ROUGE-1, F-measure)."""

    kind = "rouge1"


@register("rouge2", passes_from=0.1, needs="references")
@dataclass(frozen=True, slots=True)
class Rouge2(_Rouge):
    """Overlap of word pairs with the reference (ROUGE-2, F-measure)."""

    kind = "rouge2"


@register("rougeL", passes_from=0.2, needs="references")
@dataclass(frozen=True, slots=True)
class RougeL(_Rouge):
    """Longest common subsequence of words with the reference (ROUGE-L, F-measure)."""

    kind = "rougeL"


@register("rougeLsum", passes_from=0.2, needs="references")
@dataclass(frozen=True, slots=True)
class RougeLsum(_Rouge):
    """Longest common subsequences sentence by sentence, a line each, with the reference (ROUGE-Lsum, F-measure)."""

    kind = "rougeLsum"
