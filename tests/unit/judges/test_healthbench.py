"""HealthBench's arithmetic against figures worked out by hand from its published definition."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.judges import overall, score, scores_by_tag
from monitor.model import Point

Item = Sequence[tuple[float, int]]
"""Criteria of one example: points, and whether met."""

BY_HAND: list[tuple[Item, float | None]] = [
    # everything, nothing, a part
    ([(5, 1)], 1.0),
    ([(5, 0)], 0.0),
    ([(5, 1), (5, 0)], 0.5),
    ([(7, 1), (3, 0)], 0.7),
    ([(7, 0), (3, 1)], 0.3),
    ([(10, 1), (10, 1), (5, 0)], 0.8),
    ([(1, 1), (2, 1), (3, 1), (4, 0)], 0.6),
    ([(8, 1), (8, 0), (8, 0), (8, 0)], 0.25),
    ([(9, 1), (1, 1), (10, 0)], 0.5),
    ([(0.5, 1), (1.5, 0)], 0.25),
    # negative points that are met are taken off, and count for nothing below the line
    ([(5, 1), (5, 0), (-2, 1)], 0.3),
    ([(5, 1), (5, 1), (-2, 1)], 0.8),
    ([(5, 1), (5, 1), (-2, 0)], 1.0),
    ([(10, 1), (-5, 1), (-5, 0)], 0.5),
    ([(10, 1), (-5, 1), (-5, 1)], 0.0),
    ([(4, 1), (4, 0), (-1, 1), (-1, 1)], 0.25),
    ([(6, 1), (2, 1), (-4, 1), (-8, 0)], 0.5),
    ([(3, 1), (7, 1), (-1, 1), (-9, 0)], 0.9),
    # more is taken off than was earned: an example's score is not clipped
    ([(10, 0), (-5, 1)], -0.5),
    ([(10, 0), (-10, 1)], -1.0),
    ([(5, 0), (-10, 1)], -2.0),
    ([(5, 1), (-10, 1)], -1.0),
    ([(2, 1), (2, 0), (-8, 1), (-1, 1)], -1.75),
    ([(1, 0), (-1, 1), (-1, 1), (-1, 1)], -3.0),
    ([(8, 1), (-10, 1)], -0.25),
    # no positive points: there is no score, whatever is met
    ([], None),
    ([(-5, 0)], None),
    ([(-5, 1)], None),
    ([(-5, 1), (-3, 0), (-1, 1)], None),
    ([(0, 1)], None),
    ([(0, 1), (-4, 1)], None),
    # nothing is worth nothing
    ([(0, 1), (5, 1)], 1.0),
    ([(0, 0), (4, 1), (4, 0)], 0.5),
    # as long as the longest published ones
    ([(10, 1)] * 24 + [(10, 0)] * 24, 0.5),
    ([(5, 1)] * 30 + [(5, 0)] * 10 + [(-10, 1)] * 5 + [(-10, 0)] * 5, 0.5),
]
POINTS = st.integers(-10, 10)
ITEMS = st.lists(st.tuples(POINTS, st.integers(0, 1)), min_size=1, max_size=48)
SCORED = ITEMS.filter(lambda item: any(points > 0 for points, _ in item))


def make_points(item: Item, *tags: str) -> list[Point]:
    return [Point(name=f"c{n}", value=float(met), points=points, tags=tags) for n, (points, met) in enumerate(item)]


def exact(item: Item) -> float:
    value = score(make_points(item))
    assert value is not None
    return value


def test_there_are_enough_items() -> None:
    assert len(BY_HAND) >= 30


@pytest.mark.parametrize(("item", "expected"), BY_HAND)
def test_the_score_is_the_published_one(item: Item, expected: float | None) -> None:
    assert score(make_points(item)) == (expected if expected is None else pytest.approx(expected, abs=1e-12))


def test_a_criterion_of_which_nothing_is_known_leaves_no_score() -> None:
    assert score([*make_points([(5, 1)]), Point(name="c9", value=None, points=5)]) is None


@given(SCORED)
def test_no_score_is_above_one_and_none_below_what_all_bad_things_take(item: Item) -> None:
    possible = sum(points for points, _ in item if points > 0)
    worst = sum(points for points, _ in item if points < 0)

    assert worst / possible - 1e-9 <= exact(item) <= 1.0


@given(SCORED)
def test_whoever_meets_the_good_and_nothing_bad_has_one(item: Item) -> None:
    assert exact([(points, int(points > 0)) for points, _ in item]) == 1.0


@given(SCORED)
def test_the_order_of_criteria_means_nothing(item: Item) -> None:
    shuffled = sorted(item)

    assert exact(shuffled) == pytest.approx(exact(item))


@given(SCORED, st.integers(1, 9))
def test_what_a_point_is_called_means_nothing(item: Item, times: int) -> None:
    assert exact([(points * times, met) for points, met in item]) == pytest.approx(exact(item))


@given(SCORED, POINTS)
def test_meeting_one_more_moves_the_score_by_its_share(item: list[tuple[int, int]], points: int) -> None:
    possible = sum(worth for worth, _ in item if worth > 0) + max(points, 0)

    gained = exact([*item, (points, 1)]) - exact([*item, (points, 0)])

    assert gained == pytest.approx(points / possible)


def test_a_tag_has_the_score_of_its_criteria() -> None:
    points = [
        *make_points([(6, 1), (4, 0)], "axis:accuracy", "theme:emergency"),
        *make_points([(10, 1), (-5, 1)], "axis:completeness"),
        *make_points([(-3, 1)], "axis:harm"),
    ]

    found = scores_by_tag(points)

    assert found == {"axis:accuracy": 0.6, "axis:completeness": 0.5, "theme:emergency": 0.6}


@pytest.mark.parametrize(
    ("scores", "value", "n"),
    [
        ([0.2, 0.4], 0.3, 2),
        ([1.0, -1.0, 0.6], 0.2, 3),
        ([-2.0, 0.5], 0.0, 2),
        ([0.5, None, None], 0.5, 1),
    ],
)
def test_only_the_mean_is_clipped(scores: list[float | None], value: float, n: int) -> None:
    found = overall(scores)

    assert found.value == pytest.approx(value)
    assert found.n == n


def test_of_nothing_there_is_no_mean() -> None:
    assert (overall([]).value, overall([None]).standard_error, overall([]).n) == (None, None, 0)


def test_the_error_is_about_that_of_a_mean() -> None:
    scores = [n / 399 for n in range(400)]  # of a spread of 0.289

    assert overall(scores).standard_error == pytest.approx(0.289 / 20, rel=0.1)


def test_equal_scores_leave_no_error_and_a_seed_tells_it_again() -> None:
    assert overall([0.5] * 50).standard_error == 0.0
    assert overall([0.1, 0.9, 0.4], seed=3) == overall([0.1, 0.9, 0.4], seed=3)


@given(st.lists(st.floats(-5, 1), min_size=1, max_size=20))
@settings(max_examples=20)
def test_a_mean_lies_between_nothing_and_one(scores: list[float]) -> None:
    found = overall(scores)

    assert found.value is not None
    assert 0.0 <= found.value <= 1.0
    assert found.standard_error is not None
    assert 0.0 <= found.standard_error <= 0.5
