"""How close the meaning is: static word embeddings, averaged, compared by the cosine."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitor.checks.base import Finding, at_least, register
from monitor.checks.optional import needed
from monitor.model import Sample

from .compared import NO_ANSWER, NO_REFERENCE


@register("semantic_similarity", passes_from=0.5, needs="references")
@dataclass(frozen=True, slots=True)
class SemanticSimilarity:
    """Cosine of answer and closest reference, by WordLlama's embeddings, whose weights come with its package."""

    look_at: int = 4_000
    """Characters of each side."""

    def __post_init__(self) -> None:
        at_least(1, look_at=self.look_at)
        _embedder()

    def __call__(self, sample: Sample) -> Finding:
        return self.many([sample])[0]

    def many(self, samples: Sequence[Sample]) -> Sequence[Finding]:
        """Texts are embedded together, which is half the work."""
        texts = [
            text[: self.look_at]
            for sample in samples
            if sample.output and sample.references
            for text in (sample.output, *sample.references)
        ]
        vectors = _embedder()(texts, norm=True) if texts else ()
        found: list[Finding] = []
        start = 0
        for sample in samples:
            if not sample.references:
                found.append(NO_REFERENCE)
            elif not sample.output:
                found.append(NO_ANSWER)
            else:
                end = start + 1 + len(sample.references)
                found.append(_finding(vectors[start], vectors[start + 1 : end]))
                start = end
        return found


def _finding(answer: Any, references: Any) -> Finding:
    """Texts without a known word have no vector: they are not alike."""
    cosine = float((references @ answer).max())
    value = min(max(cosine, 0.0), 1.0) if cosine == cosine else 0.0
    return Finding(round(value, 3), "cosine with the closest reference")


@functools.cache
def _embedder() -> Any:
    wordllama = needed("wordllama")
    return wordllama.WordLlama.load(cache_dir=wordllama.__path__[0], disable_download=True).embed
