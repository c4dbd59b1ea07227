"""Criteria that a sample brings along, as HealthBench has them: ``{"rubrics": [{"criterion", "points", "tags"}]}``."""

import msgspec

from monitor.model import Missing, Sample, Unjudged

from .rubric import MOST_CRITERIA, Criterion, Points, Text


class _Criterion(msgspec.Struct):
    criterion: Text
    points: Points
    tags: tuple[str, ...] = ()


class _Tests(msgspec.Struct):
    rubrics: tuple[_Criterion, ...] = ()


_read = msgspec.json.Decoder(_Tests).decode


def criteria_of(sample: Sample) -> tuple[Criterion, ...]:
    """The sample's own criteria, numbered.

    Raises:
        Unjudged: it has none, or none that can be read.
    """
    try:
        said = _read(sample.tests).rubrics if sample.tests else ()
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unjudged(Missing.NOT_APPLICABLE, f"its criteria cannot be read: {error}") from error
    if not said:
        raise Unjudged(Missing.NOT_APPLICABLE, 'the sample brings no criteria: tests should be {"rubrics": […]}')
    if len(said) > MOST_CRITERIA:
        raise Unjudged(Missing.NOT_APPLICABLE, f"it brings {len(said)} criteria, {MOST_CRITERIA} allowed")
    if not any(one.points > 0 for one in said):
        raise Unjudged(Missing.NOT_APPLICABLE, "none of its criteria has positive points")
    return tuple(
        Criterion(id=f"c{number}", text=one.criterion, points=one.points, tags=one.tags)
        for number, one in enumerate(said, start=1)
    )
