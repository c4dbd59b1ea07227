"""How many edits lie between the answer and the reference (Levenshtein, 1966)."""

from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from monitor.checks.base import Finding, at_least, register
from monitor.model import Sample

from .compared import compared


def similarity(answer: str, reference: str) -> float:
    """One minus the distance over the longer length, in characters; 1.0 for two empty texts.

    >>> round(similarity("kitten", "sitting"), 3)
    0.571
    """
    return Levenshtein.normalized_similarity(answer, reference)


@register("levenshtein", passes_from=0.8, needs="references")
@dataclass(frozen=True, slots=True)
class EditSimilarity:
    """Share of characters that need no edit to become the reference (normalised Levenshtein similarity)."""

    look_at: int = 4_000
    """Characters of each side: the work grows with the product of both lengths."""

    def __post_init__(self) -> None:
        at_least(1, look_at=self.look_at)

    def __call__(self, sample: Sample) -> Finding:
        n = self.look_at
        return compared(sample, lambda answer, reference: similarity(answer[:n], reference[:n]), "edit similarity")
