"""Labels in free text: yes or no, a class, a choice of several."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.checks.base import CLEAN, Finding, register
from monitor.model import Sample

from .compared import NO_ANSWER, NO_REFERENCE

_LONGEST = 200
"""Characters of a label."""
_NO_LABEL = Finding.not_applicable(f"the reference has more than {_LONGEST} characters: no label")
_YES_NO = ("yes", "no")


@lru_cache(maxsize=256)
def _pattern(labels: tuple[str, ...], bracketed: bool) -> re.Pattern[str]:
    words = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    return re.compile(rf"\[\s*({words})\s*[\].]" if bracketed else rf"(?<!\w)({words})(?!\w)", re.IGNORECASE)


def last_label(text: str, labels: Sequence[str], *, brackets_only: bool = False) -> str | None:
    """The label that an answer ends up with, lower-cased: the last in square brackets, else the last as a whole word.

    >>> last_label("[No] at first sight. But 7 divides it, so: [Yes].", ["yes", "no"])
    'yes'
    >>> last_label("Nobody knows.", ["yes", "no"]) is None
    True
    """
    for bracketed in (True,) if brackets_only else (True, False):
        found = _pattern(tuple(labels), bracketed).findall(text)
        if found:
            return found[-1].lower()
    return None


def _labelled(sample: Sample, labels: Iterable[str], brackets_only: bool) -> Finding:
    if not sample.references:
        return NO_REFERENCE
    if not sample.output:
        return NO_ANSWER
    wanted = {reference.strip().lower() for reference in sample.references if len(reference) <= _LONGEST}
    if not wanted:
        return _NO_LABEL
    known = tuple({label.lower(): None for label in labels} | dict.fromkeys(sorted(wanted)))
    said = last_label(sample.output, known, brackets_only=brackets_only)
    if said is None:
        return Finding(0.0, f"none of {', '.join(known)} is said", "no_label")
    return CLEAN if said in wanted else Finding(0.0, f"says {said!r}, the reference {sample.references[0]!r:.80}", said)


@register("yes_no", needs="references")
@dataclass(frozen=True, slots=True)
class YesNo:
    """The answer's last yes or no is the reference's; one in square brackets counts before others."""

    brackets_only: bool = False
    """Count only answers in square brackets, where the prompt asks for those."""

    def __call__(self, sample: Sample) -> Finding:
        return _labelled(sample, _YES_NO, self.brackets_only)


@register("label_match", needs="references")
@dataclass(frozen=True, slots=True)
class LabelMatch:
    """The last label that the answer names is the reference; one in square brackets counts before others."""

    labels: tuple[str, ...] = ()
    """Labels that are possible beside the reference; without any, naming the reference is enough."""
    brackets_only: bool = False
    """Count only answers in square brackets, where the prompt asks for those."""

    def __call__(self, sample: Sample) -> Finding:
        return _labelled(sample, self.labels, self.brackets_only)
