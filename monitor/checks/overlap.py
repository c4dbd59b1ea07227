"""Words that prompt, context and answer share: cheap signs of relevance and groundedness, never a verdict.

Against people who marked hallucinations (FaithBench) word overlap reaches an AUC of 0.55 to 0.62: watch its trend, and
let a judge decide about a sample.
"""

from dataclasses import dataclass

from monitor.model import Sample

from .base import CLEAN, Finding, at_least, register
from .reading import Reading, answer, context, prompt

_NO_ANSWER = Finding.not_applicable("there is no answer to look at")
_NO_PROMPT = Finding.not_applicable("there is no prompt to compare with")
_NO_CONTEXT = Finding.not_applicable("the sample has no context")
_SHORT = Finding.not_applicable("too few words to compare")
_NOT_PROSE = Finding.not_applicable("code and tool calls share few words with their prompt")

STOP_WORDS = frozenset(
    b"a about all also an and any are as at be been but by can could did do does for from get give had has have he her "
    b"his how i if in into is it its just like make me more my no not of on one or our out please she so some such "
    b"tell than that the their them then there these they this to up us use was we were what when where which who why "
    b"will with would write you your s t de la le les des et en un une que el los las der die das und ist zu".split()
)
_CODE = frozenset({"code", "function_call"})


def _content(text: Reading) -> frozenset[bytes]:
    return text.vocabulary - STOP_WORDS


@register("relevance", passes_from=0.1, default=True)
@dataclass(frozen=True, slots=True)
class Relevance:
    """The share of the prompt's content words that the answer takes up; a trend signal."""

    look_at: int = 1_500
    """Characters from the end of the prompt, where the question is as a rule."""
    most_words: int = 60
    """Content words of the prompt that count at most: nobody repeats a page."""
    min_words: int = 4
    """Content words that prompt and answer must have each."""

    def __post_init__(self) -> None:
        at_least(1, look_at=self.look_at, most_words=self.most_words, min_words=self.min_words)

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        if sample.expected_format in _CODE:
            return _NOT_PROSE
        asked = _content(Reading(sample.prompt[-self.look_at :]))
        if not asked:
            return _NO_PROMPT
        said = answer(sample).vocabulary
        if len(asked) < self.min_words or len(said) < self.min_words:
            return _SHORT
        value = min(len(asked & said) / min(len(asked), len(said), self.most_words), 1.0)
        if value == 1.0:
            return CLEAN
        return Finding(round(value, 3), "share of the prompt's words that the answer takes up")


@register("groundedness", passes_from=0.3, default=True)
@dataclass(frozen=True, slots=True)
class Groundedness:
    """The share of the answer's content words that stand in the context; a trend signal."""

    min_words: int = 4

    def __post_init__(self) -> None:
        at_least(1, min_words=self.min_words)

    def __call__(self, sample: Sample) -> Finding:
        if not sample.context:
            return _NO_CONTEXT
        if not sample.output:
            return _NO_ANSWER
        said = _content(answer(sample))
        if len(said) < self.min_words:
            return _SHORT
        value = len(said & context(sample).vocabulary) / len(said)
        return CLEAN if value == 1.0 else Finding(round(value, 3), "share of the answer's words that the context has")


@register("numbers", passes_from=1.0, default=True)
@dataclass(frozen=True, slots=True)
class Numbers:
    """The share of the answer's numbers that stand in context or prompt; single digits and list numbers are let go."""

    def __call__(self, sample: Sample) -> Finding:
        if not sample.context:
            return _NO_CONTEXT
        if not sample.output:
            return _NO_ANSWER
        said = {number for number in numbers(answer(sample)) if len(number) > 1}
        if not said:
            return Finding.not_applicable("the answer holds no numbers")
        known = numbers(context(sample)) | numbers(prompt(sample))
        strange = said - known
        if not strange:
            return CLEAN
        value = 1 - len(strange) / len(said)
        return Finding(
            value, f"{len(strange)} of {len(said)} numbers stand neither in context nor in prompt", "strange"
        )


_DIGITS = bytes(byte if byte in b"0123456789.," else 32 for byte in range(256))


def numbers(text: Reading) -> frozenset[bytes]:
    """Every number of a text, without thousands' commas, trailing zeros after a point, and marks around it.

    >>> sorted(numbers(Reading("1,250.50 in 2024, and 3.")))
    [b'1250.5', b'2024', b'3']
    """
    found: set[bytes] = set()
    for piece in text.data.translate(_DIGITS).split():
        plain = piece.strip(b".,").replace(b",", b"")
        if b"." in plain:
            plain = plain.rstrip(b"0").rstrip(b".")
        if plain:
            found.add(plain)
    return frozenset(found)
