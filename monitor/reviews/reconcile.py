"""Several people on one item: one verdict by a stated rule, and all of theirs kept."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from uuid import UUID

from monitor.judges import Marked
from monitor.model import Missing, Unjudged


class Rule(StrEnum):
    """Who decides when people differ."""

    MAJORITY = "majority"
    """More than half of those who could tell."""
    LEAD = "lead"
    """A lead's verdict stands; without one, the majority's."""


def reconciled(marks: Sequence[tuple[UUID, Marked]], rule: Rule, *, leads: Collection[UUID] = ()) -> Marked:
    """One mark of those that people gave.

    Args:
        marks: by person, the oldest first; at least one.
        rule: who decides.
        leads: people whose word counts most.

    Returns:
        The lead's newest mark, or the majority's value with its mean; None where they are evenly split, or nobody could
        tell.
    """
    if rule is Rule.LEAD:
        decided = [mark for person, mark in marks if person in leads and mark.value is not None]
        if decided:
            return decided[-1]
    valued = [mark for _, mark in marks if mark.value is not None]
    if not valued:
        return marks[-1][1]
    if len(valued) == 1:
        return valued[0]
    passed = sum(bool(mark.passed) for mark in valued)
    label = f"{passed} : {len(valued) - passed}"
    if 2 * passed == len(valued):
        return Marked.without(Unjudged(Missing.NO_MAJORITY, f"people are split {label}"))
    winner = 2 * passed > len(valued)
    siding = [mark for mark in valued if bool(mark.passed) is winner]
    value = sum(mark.value or 0.0 for mark in siding) / len(siding)
    why = " · ".join(dict.fromkeys(mark.why for mark in siding if mark.why))
    return Marked(value=value, passed=winner, label=label, why=why)
