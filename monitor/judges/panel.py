"""Several judges on one sample: one value, and how far they were of one mind."""

from collections.abc import Mapping
from enum import StrEnum

from monitor.model import Missing, Point, Unjudged

from .marking import Marked


class Reconcile(StrEnum):
    """What is made of several values."""

    MAJORITY = "majority"
    """More than half of those who could say decide; evenly split is no value."""
    MEAN = "mean"


def reconciled(given: Mapping[str, Marked], how: Reconcile, *, passes_from: float = 0.5) -> Marked:
    """One mark of the members' marks; a member's own is kept as a point.

    Args:
        given: by member. At least half of them must have a value.
        how: majority or mean.
        passes_from: the pass line of the mean.
    """
    points = tuple(Point(name=name, value=mark.value, why=mark.why) for name, mark in given.items())
    valued = [mark for mark in given.values() if mark.value is not None]
    if 2 * len(valued) < len(given) or not valued:
        first = next(mark for mark in given.values() if mark.missing)
        said = f"{len(valued)} of {len(given)} replied: {first.why}"
        return Marked.without(Unjudged(first.missing or Missing.NO_MAJORITY, said), points)
    passed = sum(bool(mark.passed) for mark in valued)
    label = "unanimous" if passed in {0, len(valued)} else f"split {passed} : {len(valued) - passed}"
    why = " · ".join(f"{name}: {mark.why}" for name, mark in given.items() if mark.value is not None)
    if how is Reconcile.MEAN:
        value = sum(mark.value or 0.0 for mark in valued) / len(valued)
        return Marked(value=value, passed=value >= passes_from, label=label, why=why, points=points)
    if 2 * passed == len(valued):
        return Marked.without(Unjudged(Missing.NO_MAJORITY, f"{label}: {why}"), points)
    winner = 2 * passed > len(valued)
    return Marked(value=float(winner), passed=winner, label=label, why=why, points=points)
