"""How a text reads: words, sentences, how hard it is, how sure of itself, in what mood."""

import functools
import re
from dataclasses import dataclass
from typing import Any

from monitor.model import Sample

from .base import CLEAN, Finding, at_least, register
from .optional import needed
from .patterns import Patterns
from .reading import Reading, answer, detect

_NO_ANSWER = Finding.not_applicable("there is no answer to look at")
_SHORT = Finding.not_applicable("too short to say")
_NOT_ENGLISH = Finding.not_applicable("is measured in English only")


def _between(value: float, least: float, most: float, what: str) -> Finding:
    """1 within the bounds, and outside of them the less the farther away."""
    if value < least:
        return Finding(value / least * 0.99, f"{value:g} {what}, at least {least:g} wanted", "few")
    if value > most:
        return Finding(most / value * 0.99, f"{value:g} {what}, at most {most:g} wanted", "many")
    return CLEAN


@register("words")
@dataclass(frozen=True, slots=True)
class Words:
    """The answer has between ``least`` and ``most`` words."""

    least: int = 1
    most: int = 1_000

    def __post_init__(self) -> None:
        at_least(0, least=self.least)
        at_least(max(self.least, 1), most=self.most)

    def __call__(self, sample: Sample) -> Finding:
        return _between(answer(sample).word_count, self.least, self.most, "words") if sample.output else _NO_ANSWER


@register("sentences")
@dataclass(frozen=True, slots=True)
class Sentences:
    """The answer has between ``least`` and ``most`` sentences, of at most ``words`` words on average."""

    least: int = 1
    most: int = 100
    words: int = 40

    def __post_init__(self) -> None:
        at_least(0, least=self.least)
        at_least(max(self.least, 1), most=self.most)
        at_least(1, words=self.words)

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        text = answer(sample)
        bounds = _between(text.sentences, self.least, self.most, "sentences")
        if bounds is not CLEAN or not text.sentences:
            return bounds
        return _between(round(text.word_count / text.sentences, 1), 0, self.words, "words a sentence")


@register("letters", passes_from=0.7)
@dataclass(frozen=True, slots=True)
class Letters:
    """The share of the answer's characters that are letters or blanks."""

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        share = answer(sample).letters / len(sample.output)
        return CLEAN if share == 1.0 else Finding(round(share, 3), "share of letters and blanks")


@register("readability", passes_from=0.3)
@dataclass(frozen=True, slots=True)
class Readability:
    """Flesch's reading ease (1948) over 100: 0.6 is plain English, 0.3 is hard; English of ``min_words`` words only.

    206.835 - 1.015 words/sentences - 84.6 syllables/words, between 0 and 100.
    """

    min_words: int = 30
    look_at: int = 20_000

    def __post_init__(self) -> None:
        at_least(1, min_words=self.min_words, look_at=self.look_at)

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        text = sample.output[: self.look_at]
        reading = answer(sample) if len(text) == len(sample.output) else Reading(text)
        if len(reading.words) < self.min_words:
            return _SHORT
        if detect(text[:500]) != "en":
            return _NOT_ENGLISH
        ease = flesch(reading)
        return Finding(round(min(max(ease / 100, 0.0), 1.0), 3), f"reading ease {ease:.0f}")


def flesch(text: Reading) -> float:
    """Reading ease of an English text; source: R. Flesch, A new readability yardstick, 1948.

    >>> round(flesch(Reading("The cat sat on the mat.")))
    116
    """
    words = text.words
    spoken = sum(map(syllables, words))
    return 206.835 - 1.015 * len(words) / max(text.sentences, 1) - 84.6 * spoken / len(words)


_GROUPS = re.compile(rb"[aeiouy]+")
_SILENT = re.compile(
    rb"(?:(?<![aeiouyl])e|(?<=[aeiouy]l)e|(?<![aeiouytd])ed|(?<![aeiouysxzcgh])es)$|(?<=[^aeiouy])ely$"
)
"""Groups of vowels that are not spoken."""
_HIATUS = re.compile(
    rb"ia(?!n$|ns$|l|ge)|(?<![tscgx])io|iu|ie(?:t|nce|nt)|[^qg]ua|[aeouy]ing|eo(?!p|us)|(?<=[aeiouy].)ea$|[^aeiouy]oe[mt]"
    rb"|[^tc]ial|chao"
)
"""Groups of vowels that are spoken as two."""


@functools.lru_cache(maxsize=50_000)
def syllables(word: bytes) -> int:
    """Syllables of an English word, lower-cased, by its groups of vowels; right for nine words of ten.

    >>> [syllables(word) for word in (b"cat", b"taken", b"passage", b"reptilian")]
    [1, 2, 2, 3]
    """
    count = len(_GROUPS.findall(word)) - len(_SILENT.findall(word)) + len(_HIATUS.findall(word))
    return max(count, 1)


HEDGES = Patterns(
    {
        "may": r"\b(?:may|might|could) (?:be|have|not|also|vary|depend|differ|want|well)\b",
        "perhaps": r"\b(?:perhaps|maybe|possibly|presumably|conceivably|supposedly)\b",
        "likely": r"\b(?:(?:un)?likely|probably|apparently|seemingly|roughly speaking)\b",
        "I think": r"\b(?:i|we) (?:think|believe|guess|suppose|assume|suspect|imagine|reckon)\b",
        "not sure": (
            r"\b(?:not (?:entirely |completely |quite |100% )?(?:sure|certain|clear)|uncertain|unclear|unsure)\b"
        ),
        "seems": r"\b(?:seems?|appears?) (?:to|like|that)\b",
        "as far as": r"\b(?:as far as i (?:know|can tell|understand)|to (?:the best of )?my knowledge|in my opinion)\b",
        "depends": r"\b(?:it depends|depending on|generally speaking|in some cases|to some extent|sort of|kind of)\b",
        "cannot verify": r"\b(?:cannot|can't|could not) (?:be (?:certain|sure)|verify|confirm|guarantee)\b",
    }
)


@register("hedging", passes_from=0.5)
@dataclass(frozen=True, slots=True)
class Hedging:
    """The answer is sure of itself: one minus hedges ("may be", "perhaps", "I think") per sentence; English."""

    look_at: int = 20_000

    def __post_init__(self) -> None:
        at_least(1, look_at=self.look_at)

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        text = sample.output[: self.look_at].replace("’", "'")
        hits = sum(1 for _ in HEDGES.hits(text.encode()))
        if not hits:
            return CLEAN
        sentences = max(Reading(text).sentences, 1)
        why = f"{hits} hedges in {sentences} sentences"
        return Finding(round(max(0.0, 1 - hits / sentences), 3), why, "hedged")


@register("sentiment", passes_from=0.25)
@dataclass(frozen=True, slots=True)
class Sentiment:
    """The mood of the answer by VADER's lexicon (Hutto and Gilbert, 2014): 0 dark, 0.5 neutral, 1 bright; English."""

    look_at: int = 2_000

    def __post_init__(self) -> None:
        at_least(1, look_at=self.look_at)
        _vader()

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        text = sample.output[: self.look_at]
        if len(text) > 60 and detect(text[:500]) not in {"en", None}:
            return _NOT_ENGLISH
        compound = float(_vader().polarity_scores(text)["compound"])
        return Finding(round((compound + 1) / 2, 3), f"compound {compound:+.2f}")


@functools.cache
def _vader() -> Any:
    return needed("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
