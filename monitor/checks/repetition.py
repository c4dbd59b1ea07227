"""Is the model going round in circles?"""

import zlib
from collections import Counter
from dataclasses import dataclass

from monitor.model import Sample

from .base import CLEAN, Finding, at_least, register
from .reading import answer

_SHORT = Finding.not_applicable("the answer is too short to repeat itself")


@register("repetition", version=2, passes_from=0.5, default=True)
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
        words = answer(sample).words[-self.look_at :]
        if len(words) < self.min_words:
            return _SHORT
        grams = zip(*(words[i:] for i in range(self.n)), strict=False)
        number = len(words) - self.n + 1
        repeated = 1 - len(set(grams)) / number if number > 0 else 0.0
        if repeated <= self.tolerated:
            return CLEAN
        value = 1 - (repeated - self.tolerated) / (1 - self.tolerated)
        times = Counter(zip(*(words[i:] for i in range(self.n)), strict=False)).most_common(1)[0][1]
        return Finding(value, f"{repeated:.0%} repeats: the same {self.n} words stand there {times} times", "loops")


@register("compression", passes_from=0.5, default=True)
@dataclass(frozen=True, slots=True)
class Compression:
    """How far the end of the answer can be packed: loops of characters, of lines or of phrases pack to almost nothing.

    The value is the packed share of the bytes over ``ordinary``, at most 1.
    """

    ordinary: float = 0.2
    """Packed share from which a text counts as ordinary; English prose of a kilobyte packs to about a half."""
    look_at: int = 2_000
    """Bytes from the end."""
    min_bytes: int = 200

    def __post_init__(self) -> None:
        at_least(64, look_at=self.look_at, min_bytes=self.min_bytes)
        if not 0 < self.ordinary < 1:
            raise ValueError(f"ordinary is {self.ordinary}, and must lie between 0 and 1")

    def __call__(self, sample: Sample) -> Finding:
        data = sample.output_bytes[-self.look_at :]
        if len(data) < self.min_bytes:
            return _SHORT
        share = len(zlib.compress(data, 1)) / len(data)
        if share >= self.ordinary:
            return CLEAN
        return Finding(share / self.ordinary, f"the last {len(data):,} bytes pack to {share:.0%}", "loops")
