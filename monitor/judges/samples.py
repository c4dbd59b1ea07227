"""Criteria that a sample brings along, as HealthBench has them: ``{"rubrics": [{"criterion", "points", "tags"}]}``."""

import msgspec

from monitor.model import Missing, Sample, Unjudged

from .rubric import Criterion


class _Criterion(msgspec.Struct):
    criterion: str
    points: float
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
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unjudged(Missing.NOT_APPLICABLE, f"its criteria cannot be read: {error}") from error
    if not said:
        raise Unjudged(Missing.NOT_APPLICABLE, 'the sample brings no criteria: tests should be {"rubrics": […]}')
    return tuple(
        Criterion(id=f"c{number}", text=one.criterion, points=one.points, tags=one.tags)
        for number, one in enumerate(said, start=1)
    )
