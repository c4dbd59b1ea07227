"""Several judges on one sample."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judges import Marked, Reconcile, reconciled
from monitor.model import Missing, Unjudged

LETTERS = "abcdefg"


def make_mark(value: float | None, *, missing: Missing = Missing.TIMEOUT, why: str = "so it is") -> Marked:
    if value is None:
        return Marked.without(Unjudged(missing, why))
    return Marked(value=value, passed=value >= 0.5, why=why)


def panel(*values: float | None) -> dict[str, Marked]:
    return {name: make_mark(value) for name, value in zip(LETTERS, values, strict=False)}


@pytest.mark.parametrize(
    ("values", "value", "label"),
    [
        ((1.0, 1.0, 1.0), 1.0, "unanimous"),
        ((0.0, 0.0, 0.0), 0.0, "unanimous"),
        ((1.0, 0.0, 1.0), 1.0, "split 2 : 1"),
        ((0.0, 0.75, 0.25), 0.0, "split 1 : 2"),
        ((1.0, 1.0, None), 1.0, "unanimous"),
        ((0.0, None), 0.0, "unanimous"),
        ((1.0, 0.0, 1.0, None, None), 1.0, "split 2 : 1"),
    ],
)
def test_more_than_half_of_those_who_could_say_decide(
    values: tuple[float | None, ...], value: float, label: str
) -> None:
    found = reconciled(panel(*values), Reconcile.MAJORITY)

    assert (found.value, found.passed, found.label) == (value, bool(value), label)


@pytest.mark.parametrize("values", [(1.0, 0.0), (1.0, 0.0, None), (1.0, 1.0, 0.0, 0.0)])
def test_evenly_split_is_no_value(values: tuple[float | None, ...]) -> None:
    found = reconciled(panel(*values), Reconcile.MAJORITY)

    assert (found.value, found.passed, found.missing) == (None, None, Missing.NO_MAJORITY)
    assert len(found.points) == len(values)


def test_with_most_of_them_silent_there_is_the_reason_of_the_first() -> None:
    members = {
        "a": make_mark(1.0),
        "b": make_mark(None, missing=Missing.REFUSED, why="I would rather not"),
        "c": make_mark(None),
    }

    found = reconciled(members, Reconcile.MEAN)

    assert (found.value, found.missing, found.why) == (None, Missing.REFUSED, "1 of 3 replied: I would rather not")


@pytest.mark.parametrize(
    ("values", "line", "value", "passed"),
    [((1.0, 0.0), 0.5, 0.5, True), ((1.0, 0.5, 0.0), 0.6, 0.5, False), ((0.25, 0.75, None), 0.5, 0.5, True)],
)
def test_a_mean_is_of_those_who_could_say(
    values: tuple[float | None, ...], line: float, value: float, passed: bool
) -> None:
    found = reconciled(panel(*values), Reconcile.MEAN, passes_from=line)

    assert (found.value, found.passed) == (pytest.approx(value), passed)


def test_what_each_of_them_said_is_kept() -> None:
    members = {"a": make_mark(1.0, why="fine"), "b": make_mark(0.0, why="no"), "c": make_mark(None, why="late")}

    found = reconciled(members, Reconcile.MEAN)

    assert [(point.name, point.value, point.why) for point in found.points] == [
        ("a", 1.0, "fine"), ("b", 0.0, "no"), ("c", None, "late"),
    ]  # fmt: skip
    assert found.why == "a: fine · b: no"
    assert found.label == "split 1 : 1"


@given(st.lists(st.one_of(st.none(), st.sampled_from([0.0, 0.25, 0.5, 1.0])), min_size=2, max_size=7))
def test_there_is_a_value_or_a_reason_and_never_both(values: list[float | None]) -> None:
    for how in Reconcile:
        found = reconciled(panel(*values), how)

        assert (found.value is None) == (found.missing is not None) == (found.passed is None)
        assert [point.value for point in found.points] == values


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=7))
def test_the_order_of_members_means_nothing(values: list[float]) -> None:
    for how in Reconcile:
        assert reconciled(panel(*values), how).value == pytest.approx(reconciled(panel(*values[::-1]), how).value)
