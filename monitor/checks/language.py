"""Is the answer in the language it should be in?"""

from dataclasses import dataclass

from monitor.model import Sample

from .base import CLEAN, Finding, at_least, register
from .reading import detect

_NO_ANSWER = Finding.not_applicable("there is no answer to look at")
_NOT_PROSE = Finding.not_applicable("code, JSON and tool calls have no language to check")
_SHORT = Finding.not_applicable("too short to tell the language")
_UNKNOWN = Finding.not_applicable("the language of the prompt cannot be told, and none is expected")
_UNSURE = Finding.not_applicable("the language of the answer cannot be told")


@register("language", default=True)
@dataclass(frozen=True, slots=True)
class Language:
    """The answer is in the language that the sample, the settings or, failing both, the prompt asks for."""

    expected: str = ""
    """ISO 639-1; empty follows the sample, then the prompt."""
    look_at: int = 500
    min_chars: int = 60

    def __post_init__(self) -> None:
        at_least(1, look_at=self.look_at, min_chars=self.min_chars)

    def __call__(self, sample: Sample) -> Finding:
        output = sample.output
        if not output:
            return _NO_ANSWER
        if sample.expected_format:
            return _NOT_PROSE
        if len(output) < self.min_chars:
            return _SHORT
        wanted = sample.language or self.expected
        found = detect(output[: self.look_at])
        if found is None:
            return _UNSURE
        if not wanted:
            if len(sample.prompt) < self.min_chars or found == "en":
                # English answers to everything: without an expectation only a change away from it is telling.
                return _UNKNOWN if found != "en" else CLEAN
            wanted = detect(sample.prompt[-self.look_at :]) or ""
            if not wanted:
                return _UNKNOWN
        return CLEAN if found == wanted else Finding(0.0, f"the answer is in {found!r}, not in {wanted!r}", found)
