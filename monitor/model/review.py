"""What people are asked to look at, and what they said."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Reason(StrEnum):
    """Why a person should look."""

    CONTROL = "control_share"
    """Drawn at random among all: what stands for the product. First, so that nothing else crowds it out."""
    COMPLAINT = "complaint"
    """A user was unhappy with it."""
    UNSURE = "judge_unsure"
    """The judge gave no value, one in the middle, or its panel was split."""
    DISAGREE = "judge_and_checks_disagree"
    RULE = "rule"
    """A rule of the settings sends it."""
    BENCHMARK = "benchmark"
    """Somebody imported it."""
    ATTENTION = "attention"
    """The right answer is known: it is asked to see whether the reviewer still looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A sample that waits for people."""

    id: UUID
    """A hash of application, judge and text: equal texts are looked at once."""
    sample: UUID
    app: str
    judge: str
    """Whose rubric people judge by."""
    rubric: str
    """Its version."""
    payload: str
    """The sample, as native JSON: what is shown must not change or expire while it waits."""
    reason: Reason
    inclusion: float
    """Probability with which the sample came to people, judge's draw included."""
    wanted: int = 1
    """Reviews it needs."""
    created_ms: int = 0
    due_ms: int = 0
    """0 for never."""
    opinion: str = ""
    """What the judge said, as JSON; shown once the reviewer has said something, or never, by setting."""
    verdict: str = ""
    """What the checks made of it."""
    erased: bool = False


class State(StrEnum):
    """Where one reviewer stands with one item."""

    OPENED = "opened"
    DONE = "done"
    SKIPPED = "skipped"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One reviewer's work on one item: the newest of them stands, older ones are kept."""

    item: UUID
    reviewer: UUID
    state: State
    answers: Mapping[str, object]
    """By the rubric's form; empty where there is none yet, or the reviewer cannot tell."""
    comment: str = ""
    """Free text; why it was skipped."""
    cannot_tell: bool = False
    until_ms: int = 0
    """End of the lease, while it is open."""
    at_ms: int = 0
    seconds: float = 0.0
    """From opening to submitting."""
    revision: int = 0
    """Of the reviewer's verdict: 0 for the first."""
    outside_id: str = ""
    """Of the annotation in another tool."""
