"""From replies to a value: what a rubric makes of what its judge said."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.model import Missing, Point, Sample, Unjudged

from .healthbench import score, scores_by_tag
from .reply import Replied
from .rubric import Checklist, Criteria, Grade, Pairwise, Rubric
from .samples import criteria_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A value in 0…1 with what it is made of, or None with the reason."""

    value: float | None
    passed: bool | None = None
    label: str = ""
    why: str = ""
    points: tuple[Point, ...] = ()
    missing: Missing | None = None

    @classmethod
    def without(cls, unjudged: Unjudged, points: tuple[Point, ...] = ()) -> "Marked":
        """No value, and why."""
        return cls(value=None, why=unjudged.why, label=unjudged.missing.value, missing=unjudged.missing, points=points)


def marked(rubric: Rubric, sample: Sample, replies: Mapping[str, Replied]) -> Marked:
    """The value of a sample by a rubric.

    Args:
        rubric: what was judged by.
        sample: what was judged.
        replies: by the part of the call; of every call that the rubric asks for.
    """
    match rubric:
        case Grade():
            return _graded(rubric, replies["all"])
        case Checklist():
            return _checked(rubric, replies["all"])
        case Criteria():
            return _met(rubric, sample, replies)
        case Pairwise():
            return _preferred(rubric, replies)


def _graded(rubric: Grade, reply: Replied) -> Marked:
    why = reply["explanation"]
    if not rubric.grades:
        passed = reply["verdict"] == "pass"
        return Marked(value=float(passed), passed=passed, label=reply["verdict"], why=why)
    low, high, grade = rubric.grades[0], rubric.grades[-1], int(reply["grade"])
    return Marked(value=(grade - low) / (high - low), passed=grade >= rubric.pass_line, label=str(grade), why=why)


def _checked(rubric: Checklist, reply: Replied) -> Marked:
    points = tuple(
        Point(name=one["id"], value=float(one["criteria_met"]), points=1.0, why=one["explanation"])
        for one in reply["criteria"]
    )
    value = sum(point.value or 0.0 for point in points) / len(points)
    missed = [point for point in points if not point.value]
    why = "; ".join(f"{point.name}: {point.why}" for point in missed) or reply["explanation"]
    label = f"{len(points) - len(missed)} of {len(points)}"
    return Marked(value=value, passed=value >= rubric.passes_from, label=label, why=why, points=points)


def _met(rubric: Criteria, sample: Sample, replies: Mapping[str, Replied]) -> Marked:
    criteria = criteria_of(sample) if rubric.of_sample else rubric.criteria
    given = {one["id"]: one for one in replies["all"]["criteria"]} if rubric.batch else replies
    points = tuple(
        Point(
            name=criterion.id,
            value=float(given[criterion.id]["criteria_met"]),
            points=criterion.points,
            why=given[criterion.id]["explanation"],
            tags=criterion.tags,
        )
        for criterion in criteria
    )
    value = score(points)
    if value is None:
        return Marked.without(Unjudged(Missing.NOT_APPLICABLE, "no criterion has positive points"), points)
    bad = [point for point in points if bool(point.value) == (point.points < 0)]
    tags = ", ".join(f"{tag} {share:.2f}" for tag, share in scores_by_tag(points).items())
    lost = "; ".join(f"{point.name} ({point.points:+g}): {point.why}" for point in bad[:10])
    why = " · ".join(filter(None, (lost, tags))) or "every criterion is met"
    label = f"{value:.2f}"
    return Marked(value=value, passed=value >= rubric.passes_from, label=label, why=why, points=points)


def _preferred(rubric: Pairwise, replies: Mapping[str, Replied]) -> Marked:
    """In ``ab`` the answer is A, in ``ba`` it is B: two replies that do not agree make a tie."""
    ab, ba = replies["ab"], replies["ba"]
    votes = (_vote(ab["winner"], ours="A"), _vote(ba["winner"], ours="B"))
    points = tuple(
        Point(name=name, value=vote, why=reply["explanation"])
        for name, vote, reply in zip(("ab", "ba"), votes, (ab, ba), strict=True)
    )
    agreed = votes[0] == votes[1]
    value = votes[0] if agreed else 0.5
    label = {0.0: "worse", 0.5: "tie", 1.0: "better"}[value] if agreed else "order decides"
    why = f"A first: {ab['explanation']} · B first: {ba['explanation']}"
    return Marked(value=value, passed=value >= rubric.passes_from, label=label, why=why, points=points)


def _vote(winner: str, *, ours: str) -> float:
    return 0.5 if winner == "tie" else float(winner == ours)
