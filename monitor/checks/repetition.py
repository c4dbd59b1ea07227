"""Is the model going round in circles?"""

from collections import Counter
from dataclasses import dataclass

from monitor.model import Sample

from .base import CLEAN, Finding, at_least, register

_SHORT = Finding.not_applicable("the answer is too short to repeat itself")


@register("repetition", passes_from=0.5, default=True)
@dataclass(frozen=True, slots=True)
class Repetition:
    """The share of word n-grams that are not repeats, scaled so that ordinary prose is 1.

    Holtzman et al., "The Curious Case of Neural Text Degeneration" (2020), use repeated n-grams for the same.
    """

    n: int = 4
    tolerated: float = 0.25
    """Share of repeats that ordinary lists and tables have, and that costs nothing."""
    min_words: int = 20
    look_at: int = 1_000
    """Words from the end, where loops are; keeps long answers cheap."""

    def __post_init__(self) -> None:
        at_least(1, n=self.n, min_words=self.min_words, look_at=self.look_at)
        if not 0 <= self.tolerated < 1:
            raise ValueError(f"tolerated is {self.tolerated}, and must be at least 0 and below 1")

    def __call__(self, sample: Sample) -> Finding:
        words = (sample.output or "").rsplit(maxsplit=self.look_at)[-self.look_at :]
        if len(words) < self.min_words:
            return _SHORT
        grams = list(zip(*(words[i:] for i in range(self.n)), strict=False))
        distinct = len(set(grams))
        repeated = 1 - distinct / len(grams)
        if repeated <= self.tolerated:
            return CLEAN
        value = 1 - (repeated - self.tolerated) / (1 - self.tolerated)
        times = Counter(grams).most_common(1)[0][1]
        return Finding(value, f"{repeated:.0%} repeats: the same {self.n} words stand there {times} times", "loops")
