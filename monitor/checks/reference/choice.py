"""Multiple choice, as MMLU asks: which letter does the answer settle on?

Hendrycks et al., "Measuring Massive Multitask Language Understanding" (2021). Chat models explain themselves, so
marks of a decision come first: ``the answer is (C)``, a letter alone, a letter that opens the answer.
"""

from dataclasses import dataclass

import re2

from monitor.checks.base import CLEAN, Finding, register
from monitor.model import Sample

from .compared import NO_ANSWER, NO_REFERENCE

_LETTER = r"[\(\[\*\"']{0,3}([A-Z])[\)\]\*\"'.:]{0,3}"
_DECIDED = tuple(
    re2.compile(pattern)
    for pattern in (
        rf"\\boxed\{{\s*(?:\\text\{{)?{_LETTER}",
        r"(?i:\b(?:final |correct |best |right )*(?:answer|option|choice)(?: is| would be|:| =))\s*"
        rf"(?i:option |choice )?{_LETTER}(?:\W|$)",
        rf"(?i:\b(?:option|choice))\s+{_LETTER}\s+(?i:is)\s+(?i:the\s+)?(?i:correct|right|best|true)",
        r"(?:^|\n)\s*[\(\[\*]{0,3}([A-Z])(?:[\)\]\*]{1,3}|[.:])(?:\s|$)",
        r"(?:^|\n)\s*([A-Z])\s*(?:$|\n)",
        r"\(([A-Z])\)",
    )
)


def chosen_letter(text: str, letters: str = "ABCDE") -> str | None:
    """The letter that an answer settles on; None when it settles on none, or on one that is not offered.

    >>> chosen_letter("(A) looks right at first, but the correct answer is (C).")
    'C'
    >>> chosen_letter("B. Paris")
    'B'
    >>> chosen_letter("I cannot tell.") is None
    True
    """
    text = text.strip()
    for pattern in _DECIDED:
        found = [letter for letter in pattern.findall(text) if letter in letters]
        if found:
            return found[-1]
    return text if text in letters and len(text) == 1 else None


@register("multiple_choice", needs="references")
@dataclass(frozen=True, slots=True)
class MultipleChoice:
    """The letter that the answer settles on is the reference's (MMLU's rule for chat models)."""

    letters: str = "ABCDE"

    def __call__(self, sample: Sample) -> Finding:
        if not sample.references:
            return NO_REFERENCE
        if not sample.output:
            return NO_ANSWER
        wanted = {chosen_letter(reference, self.letters) for reference in sample.references} - {None}
        if not wanted:
            return Finding.not_applicable("the reference names none of the letters")
        said = chosen_letter(sample.output, self.letters)
        if said is None:
            return Finding(0.0, "the answer settles on no letter", "no_choice")
        return (
            CLEAN
            if said in wanted
            else Finding(0.0, f"chose {said}, the reference is {sample.references[0]:.20}", said)
        )
