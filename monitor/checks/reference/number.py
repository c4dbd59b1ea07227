"""The final number of an answer, as GSM8K asks for it.

Cobbe et al., "Training Verifiers to Solve Math Word Problems" (2021): the reference ends in ``#### 42``. Models write
the answer in many ways, so marks of a final answer come first, and the last number of the text comes last.
"""

import math
import re
from dataclasses import dataclass
from typing import cast

import re2

from monitor.checks.base import CLEAN, Finding, register
from monitor.checks.structure import parsed
from monitor.model import Sample

from .compared import NO_ANSWER, NO_REFERENCE

_NUMBER = r"[-+−]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,3})?(?:\s*/\s*\d+)?"
_MARKED = (
    re2.compile(rf"####\s*[^\d\n+\-−.]{{0,8}}({_NUMBER})"),
    re2.compile(rf"\\boxed\{{\s*[^\d}}+\-−.]{{0,8}}({_NUMBER})"),
    re2.compile(rf"(?i)(?:^|\n)\s*\**(?:final\s+)?(?:answer|a)\**\s*[:=]\s*\**[^\d\n+\-−.]{{0,8}}({_NUMBER})"),
    re2.compile(rf"(?i)\b(?:final\s+)?answer\s+(?:is|was|=|:)\s*:?\s*[^\d\n+\-−.]{{0,12}}({_NUMBER})"),
)
_ANY = re2.compile(_NUMBER)
_PLAIN = re.compile(r"\s|,")


def final_number(text: str) -> float | None:
    r"""The number that an answer ends up with.

    After ``####``, ``\boxed{``, ``Answer:`` or ``the answer is`` the last such number; else the last of the text.

    >>> final_number("3 boxes of 1,250 make 3,750.\n#### 3,750")
    3750.0
    >>> final_number("So the answer is $12.50, not 13. We had 2 coupons.")
    12.5
    """
    for pattern in _MARKED:
        found = pattern.findall(text)
        if found:
            return value(found[-1])
    found = _ANY.findall(text)
    return value(found[-1]) if found else None


def first_number(text: str) -> float | None:
    """The first number of a text.

    >>> first_number("12.50 (2 coupons off)")
    12.5
    """
    found = _ANY.search(text)
    return value(found[0]) if found else None


def value(text: str) -> float | None:
    """A number as people write it: thousands by comma, a fraction, a typographic minus."""
    plain = _PLAIN.sub("", text.strip().strip("$€£%").replace("−", "-")).rstrip(".")
    above, _, below = plain.partition("/")
    try:
        number = float(above) / float(below) if below else float(above)
    except (ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


@register("numeric_answer", needs="references")
@dataclass(frozen=True, slots=True)
class NumericAnswer:
    """The answer's final number is the reference's (GSM8K's rule, with a tolerance)."""

    tolerance: float = 1e-6
    """Allowed difference, absolute and relative to the reference, whichever is larger."""
    field: str = ""
    """Where the answer is JSON with this field, the field's first number counts."""

    def __call__(self, sample: Sample) -> Finding:
        if not sample.references:
            return NO_REFERENCE
        if not sample.output:
            return NO_ANSWER
        wanted = [number for text in sample.references if (number := final_number(text)) is not None]
        if not wanted:
            return Finding.not_applicable("the reference holds no number")
        said = self._said(sample)
        if said is None:
            return Finding(0.0, "the answer holds no number", "no_number")
        if any(math.isclose(said, number, rel_tol=self.tolerance, abs_tol=self.tolerance) for number in wanted):
            return CLEAN
        return Finding(0.0, f"the final number is {said:g}, the reference {wanted[0]:g}", "different")

    def _said(self, sample: Sample) -> float | None:
        if self.field:
            document: object = parsed(sample).document
            inner = cast(dict[str, object], document).get(self.field) if isinstance(document, dict) else None
            if inner is not None:
                return first_number(str(inner))
        return final_number(sample.output or "")
