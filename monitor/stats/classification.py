"""How well labels agree with references: precision, recall, F1, MCC and the like, each with an interval.

Shares of independent samples (accuracy, precision, recall) have Wilson's interval (Wilson 1927). What is made of
several shares (F1, balanced accuracy, MCC) has a jackknife interval (Efron and Stein 1981): samples in the same cell of
the confusion matrix are alike, so leaving one out takes as many looks as there are cells.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval; None where nothing can be said, such as the precision of a label nobody gave."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    """Samples that it rests on."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each label was given for each reference."""

    cells: Mapping[tuple[str, str], int]
    """By reference and label."""

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Confusion":
        """Count pairs of reference and label."""
        return cls(Counter(pairs))

    @property
    def classes(self) -> list[str]:
        """Every reference and label, in order."""
        return sorted({name for cell in self.cells for name in cell})

    @property
    def n(self) -> int:
        return sum(self.cells.values())

    def right(self, name: str) -> int:
        """How often a class was given rightly."""
        return self.cells.get((name, name), 0)

    def referenced(self, name: str) -> int:
        """How often a class was the reference."""
        return sum(times for (reference, _), times in self.cells.items() if reference == name)

    def given(self, name: str) -> int:
        """How often a class was given."""
        return sum(times for (_, label), times in self.cells.items() if label == name)


def measures(confusion: Confusion, *, confidence: float = 0.95) -> Iterator[Estimate]:
    """Everything that the field asks of labels against references.

    Args:
        confusion: the counts.
        confidence: of the intervals.

    Raises:
        ValueError: there is nothing to measure.
    """
    if not confusion.n:
        raise ValueError("there are no labels with a reference")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    right = sum(confusion.right(name) for name in confusion.classes)
    yield wilson("accuracy", right, confusion.n, z)  # micro precision, recall and F1 are the same number
    for name, function, low in (
        ("balanced accuracy", _balanced, 0.0),
        ("MCC", _mcc, -1.0),
        ("precision, macro", _averaged(_precision, weighted=False), 0.0),
        ("recall, macro", _averaged(_recall, weighted=False), 0.0),
        ("F1, macro", _averaged(_f1, weighted=False), 0.0),
        ("precision, weighted", _averaged(_precision, weighted=True), 0.0),
        ("F1, weighted", _averaged(_f1, weighted=True), 0.0),
    ):
        yield _jackknifed(name, function, confusion, z, low)
    for name in confusion.classes:
        yield wilson(f"precision of {name}", confusion.right(name), confusion.given(name), z)
        yield wilson(f"recall of {name}", confusion.right(name), confusion.referenced(name), z)
        yield _jackknifed(f"F1 of {name}", lambda c, name=name: _f1(c, name), confusion, z, 0.0)


def wilson(name: str, successes: int, n: int, z: float) -> Estimate:
    """A share with Wilson's score interval.

    >>> estimate = wilson("share", 8, 10, 1.959964)
    >>> round(estimate.low or 0, 3), round(estimate.high or 0, 3)
    (0.49, 0.943)
    """
    if not n:
        return Estimate(name, None)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Estimate(name, share, max(middle - half, 0.0), min(middle + half, 1.0), n)


Measure = Callable[[Confusion], float | None]


def _jackknifed(name: str, measure: Measure, confusion: Confusion, z: float, least: float) -> Estimate:
    value, n = measure(confusion), confusion.n
    if value is None or n < 2:
        return Estimate(name, value, n=n)
    without: list[tuple[float, int]] = []
    for cell, times in confusion.cells.items():
        one_less = Confusion({**confusion.cells, cell: times - 1})
        left = measure(one_less)
        if left is None:
            return Estimate(name, value, n=n)
        without.append((left, times))
    mean = sum(left * times for left, times in without) / n
    error = sqrt((n - 1) / n * sum(times * (left - mean) ** 2 for left, times in without))
    return Estimate(name, value, max(value - z * error, least), min(value + z * error, 1.0), n)


def _precision(confusion: Confusion, name: str) -> float:
    given = confusion.given(name)
    return confusion.right(name) / given if given else 0.0


def _recall(confusion: Confusion, name: str) -> float:
    referenced = confusion.referenced(name)
    return confusion.right(name) / referenced if referenced else 0.0


def _f1(confusion: Confusion, name: str) -> float:
    both = confusion.given(name) + confusion.referenced(name)
    return 2 * confusion.right(name) / both if both else 0.0


def _averaged(of_class: Callable[[Confusion, str], float], *, weighted: bool) -> Measure:
    def measure(confusion: Confusion) -> float | None:
        classes = confusion.classes
        weights = [confusion.referenced(name) if weighted else 1 for name in classes]
        if not sum(weights):
            return None
        return sum(w * of_class(confusion, name) for w, name in zip(weights, classes, strict=True)) / sum(weights)

    return measure


def _balanced(confusion: Confusion) -> float | None:
    recalls = [_recall(confusion, name) for name in confusion.classes if confusion.referenced(name)]
    return sum(recalls) / len(recalls) if recalls else None


def _mcc(confusion: Confusion) -> float | None:
    """Matthews' correlation for any number of classes (Gorodkin 2004); 0 where one side has a single class."""
    n = confusion.n
    right = sum(confusion.right(name) for name in confusion.classes)
    both = [(confusion.referenced(name), confusion.given(name)) for name in confusion.classes]
    covariance = right * n - sum(referenced * given for referenced, given in both)
    spread = (n * n - sum(r * r for r, _ in both)) * (n * n - sum(g * g for _, g in both))
    return covariance / sqrt(spread) if spread else 0.0


def brier(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Mean squared difference of probability and outcome (Brier 1950); 0 is perfect.

    Raises:
        ValueError: there are none, or not as many of one as of the other.
    """
    if not probabilities:
        raise ValueError("there are no probabilities")
    pairs = zip(probabilities, outcomes, strict=True)
    return sum((p - happened) ** 2 for p, happened in pairs) / len(probabilities)


def expected_calibration_error(probabilities: Sequence[float], outcomes: Sequence[bool], *, bins: int = 10) -> float:
    """Mean gap of stated probability and share of outcomes, over bins of equal width (Naeini et al. 2015).

    Raises:
        ValueError: there are none, or not as many of one as of the other.
    """
    if not probabilities:
        raise ValueError("there are no probabilities")
    totals = [[0.0, 0.0] for _ in range(bins)]
    for probability, happened in zip(probabilities, outcomes, strict=True):
        place = min(int(probability * bins), bins - 1)
        totals[place][0] += probability
        totals[place][1] += happened
    return sum(abs(stated - seen) for stated, seen in totals) / len(probabilities)
