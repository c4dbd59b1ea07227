"""HealthBench's arithmetic: points of what is met, negative ones too, over the positive points there are.

Source: R. K. Arora et al., HealthBench: Evaluating Large Language Models Towards Improved Human Health, 2025, and the
scoring of its published reference code: an example's score is not clipped, only the mean over examples is.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from monitor.model import Point

RESAMPLES = 1_000


def score(points: Sequence[Point]) -> float | None:
    """The score of one example: at most 1, below 0 where bad criteria outweigh.

    None without positive points, and where it is not known of every criterion whether it is met.

    >>> met, missed = Point(name="a", value=1.0, points=5), Point(name="b", value=0.0, points=5)
    >>> score([met, missed, Point(name="c", value=1.0, points=-2)])
    0.3
    """
    possible = sum(point.points for point in points if point.points > 0)
    if possible <= 0 or any(point.value is None for point in points):
        return None
    return sum(point.points * (point.value or 0.0) for point in points) / possible


def scores_by_tag(points: Sequence[Point]) -> dict[str, float]:
    """The same over the criteria that bear a tag, for each tag with positive points: axes and themes."""
    tagged: defaultdict[str, list[Point]] = defaultdict(list)
    for point in points:
        for tag in point.tags:
            tagged[tag].append(point)
    found = {tag: score(those) for tag, those in sorted(tagged.items())}
    return {tag: value for tag, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Overall:
    """The score of a set of examples."""

    value: float | None
    """Their mean, clipped to 0…1; None when there are none."""
    standard_error: float | None
    """By bootstrap over examples."""
    n: int


def overall(scores: Iterable[float | None], *, seed: int = 0) -> Overall:
    """Sum up examples; those without a score are left out.

    Args:
        scores: of the examples, unclipped.
        seed: of the bootstrap.
    """
    values = np.array([value for value in scores if value is not None], dtype=float)
    if not values.size:
        return Overall(None, None, 0)
    chance = np.random.default_rng(seed)
    drawn = [chance.choice(values, values.size).mean() for _ in range(RESAMPLES)]  # one at a time: there may be many
    means = np.clip(drawn, 0.0, 1.0)
    spread = sqrt(float(means.var()))
    return Overall(float(np.clip(values.mean(), 0.0, 1.0)), spread, int(values.size))
