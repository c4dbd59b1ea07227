"""Who said what of which sample."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Source(StrEnum):
    """Who gave a score."""

    CHECK = "check"
    JUDGE = "judge"
    HUMAN = "human"


class Verdict(StrEnum):
    """What the policy makes of the scores."""

    PASS = "pass"
    FAIL = "fail"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A value in 0…1, higher is better, or None with a reason."""

    scorer: str
    value: float | None
    why: str = ""
    """Why this value, or why there is none; something that a person can act on."""
    passed: bool | None = None
    """Whether the value reaches the scorer's pass line; None when there is no value."""
    label: str = ""
    version: int = 1
    source: Source = Source.CHECK
    inclusion: float = 1.0
    """Probability with which the scorer was to look at this sample."""

    @classmethod
    def missing(cls, scorer: str, *, because: str, version: int = 1, source: Source = Source.CHECK) -> Self:
        """A score that could not be given: never zero, never NaN."""
        return cls(scorer=scorer, value=None, why=because, version=version, source=source)
