"""Statistics against the library that the field trusts, and against figures of the papers."""

import importlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats import Confusion, Estimate, brier, expected_calibration_error, measures, pass_at_k

published: Any = importlib.import_module("sklearn.metrics")
PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1, max_size=60)


def estimates(pairs: list[tuple[str, str]]) -> dict[str, Estimate]:
    return {estimate.name: estimate for estimate in measures(Confusion.of(pairs))}


@given(PAIRS)
@pytest.mark.filterwarnings("ignore")
def test_values_are_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    references, labels = [r for r, _ in pairs], [label for _, label in pairs]
    found = {name: estimate.value for name, estimate in estimates(pairs).items()}
    expected: dict[str, float] = {
        "accuracy": published.accuracy_score(references, labels),
        "MCC": published.matthews_corrcoef(references, labels),
        "balanced accuracy": published.balanced_accuracy_score(references, labels),
    }
    for average in ("macro", "weighted"):
        p, r, f, _ = published.precision_recall_fscore_support(references, labels, average=average, zero_division=0)
        expected |= {f"precision, {average}": p, f"F1, {average}": f}
        if average == "macro":
            expected["recall, macro"] = r

    assert {name: found[name] for name in expected} == pytest.approx(expected)


def covered(truth: float, measure: str, draw: Callable[[random.Random], tuple[str, str]]) -> float:
    """The share of experiments whose interval holds the truth."""
    chance, hits = random.Random(5), 0
    for _ in range(300):
        estimate = estimates([draw(chance) for _ in range(200)])[measure]
        hits += (estimate.low or 0.0) <= truth <= (estimate.high or 0.0)
    return hits / 300


@pytest.mark.parametrize(("measure", "truth"), [("accuracy", 0.8), ("F1, macro", 0.8), ("MCC", 0.6)])
def test_intervals_hold_the_truth_as_often_as_they_say(measure: str, truth: float) -> None:
    def draw(chance: random.Random) -> tuple[str, str]:
        reference = chance.choice("ab")
        return reference, reference if chance.random() < 0.8 else ("b" if reference == "a" else "a")

    assert 0.92 <= covered(truth, measure, draw) <= 0.98


def test_what_nobody_gave_has_no_precision() -> None:
    found = estimates([("a", "b"), ("b", "b")])

    assert found["precision of a"].value is None
    assert found["recall of a"].value == 0.0
    assert (found["precision of b"].value, found["precision of b"].n) == (0.5, 2)


def test_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no labels"):
        list(measures(Confusion.of([])))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_brier_is_scikit_learns(pairs: list[tuple[float, bool]]) -> None:
    probabilities, outcomes = [p for p, _ in pairs], [o for _, o in pairs]

    expected = published.brier_score_loss([*outcomes], [*probabilities], labels=[False, True], pos_label=True)
    assert brier(probabilities, outcomes) == pytest.approx(expected)


def test_calibration_error() -> None:
    assert expected_calibration_error([0.9] * 10, [True] * 9 + [False]) == pytest.approx(0.0)
    assert expected_calibration_error([1.0, 0.05], [False, True]) == pytest.approx((1.0 + 0.95) / 2)
    with pytest.raises(ValueError, match="no probabilities"):
        expected_calibration_error([], [])


@pytest.mark.parametrize(("n", "c", "k", "value"), [(5, 2, 2, 0.7), (10, 0, 3, 0.0), (10, 8, 3, 1.0), (4, 1, 1, 0.25)])
def test_pass_at_k(n: int, c: int, k: int, value: float) -> None:
    assert pass_at_k(n, c, k) == pytest.approx(value)


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, 1, 4), (3, 1, 0)])
def test_pass_at_k_needs_enough_attempts(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="cannot be told"):
        pass_at_k(n, c, k)
