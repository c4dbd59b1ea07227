"""What an answer must contain, or must not, or must look like."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import re2

from monitor.checks.base import CLEAN, Finding, register
from monitor.model import Sample

from .compared import NO_ANSWER, NO_REFERENCE

_NO_ANSWER = Finding.not_applicable("there is no answer to look at")


def _present(texts: Iterable[str], answer: str, *, same_case: bool) -> list[str]:
    if same_case:
        return [text for text in texts if text in answer]
    lowered = answer.lower()
    return [text for text in texts if text.lower() in lowered]


@register("contains_reference", needs="references")
@dataclass(frozen=True, slots=True)
class ContainsReference:
    """The answer contains a reference, whatever stands around it."""

    same_case: bool = False

    def __call__(self, sample: Sample) -> Finding:
        if not sample.references:
            return NO_REFERENCE
        if not sample.output:
            return NO_ANSWER
        if _present(sample.references, sample.output, same_case=self.same_case):
            return CLEAN
        return Finding(0.0, f"does not contain {sample.references[0]!r:.80}", "absent")


@dataclass(frozen=True, slots=True)
class _Contains:
    """Which of some texts the answer contains; what to make of it is for the kinds below to say."""

    texts: tuple[str, ...]
    same_case: bool = False

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        return self._judged(_present(self.texts, sample.output, same_case=self.same_case))

    def _judged(self, present: Sequence[str]) -> Finding:
        raise NotImplementedError


@register("contains_any")
@dataclass(frozen=True, slots=True)
class ContainsAny(_Contains):
    """The answer contains at least one of the texts."""

    def _judged(self, present: Sequence[str]) -> Finding:
        return CLEAN if present else Finding(0.0, f"contains none of {_listed(self.texts)}", "absent")


@register("contains_all")
@dataclass(frozen=True, slots=True)
class ContainsAll(_Contains):
    """The share of the texts that the answer contains."""

    def _judged(self, present: Sequence[str]) -> Finding:
        absent = [text for text in self.texts if text not in present]
        if not absent:
            return CLEAN
        return Finding(1 - len(absent) / len(self.texts), f"lacks {_listed(absent)}", "absent")


@register("contains_none")
@dataclass(frozen=True, slots=True)
class ContainsNone(_Contains):
    """The answer contains none of the texts."""

    def _judged(self, present: Sequence[str]) -> Finding:
        return Finding(0.0, f"contains {_listed(present)}", "present") if present else CLEAN


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(map(repr, texts))


_LINK = re2.compile(r"(?i)\b(?:https?://|www\.)[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]")


@register("contains_link")
@dataclass(frozen=True, slots=True)
class ContainsLink:
    """The answer holds a link (http, https, www)."""

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        return CLEAN if _LINK.search(sample.output) else Finding(0.0, "holds no link", "absent")


@register("regex")
@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression (RE2 syntax, which takes linear time whatever it says) matches the answer."""

    pattern: str
    whole: bool = False
    """Whether it must match all of the answer."""
    absent: bool = False
    """Whether it must not match."""
    _find: Callable[[str], object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        options = re2.Options()
        options.log_errors = False
        try:
            compiled = re2.compile(self.pattern, options)
        except re2.error as error:
            raise ValueError(f"pattern is not one of RE2's: {error}") from error
        object.__setattr__(self, "_find", compiled.fullmatch if self.whole else compiled.search)

    def __call__(self, sample: Sample) -> Finding:
        if sample.output is None:
            return _NO_ANSWER
        if (self._find(sample.output) is None) is self.absent:
            return CLEAN
        return Finding(0.0, f"{self.pattern!r:.80} {'matches' if self.absent else 'does not match'}", "regex")
