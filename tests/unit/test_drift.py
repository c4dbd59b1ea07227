"""A judge that became worse is found out, and one that did not is hardly ever accused."""

import importlib
import json
import random
from collections.abc import Callable
from math import isclose
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats import ControlDrift, DriftWatch
from monitor.stats import drift as module

scipy: Any = importlib.import_module("scipy.stats")
LONG = 10_000


def watched(
    chance: random.Random,
    items: int,
    sensitivity: float = 0.9,
    specificity: float = 0.95,
    watch: DriftWatch | None = None,
) -> tuple[DriftWatch, int | None]:
    """How it stands after so many control items, or at the alarm, and the item that raised it."""
    watch = watch or DriftWatch.start(ControlDrift())
    for item in range(1, items + 1):
        fails = chance.random() < 0.5
        said = chance.random() < (sensitivity if fails else 1 - specificity)
        if watch.update(fails=fails, judged_fail=said):
            return watch, item
    return watch, None


def learned(chance: random.Random) -> DriftWatch:
    """A watch that is through with its baseline."""
    return watched(chance, 620)[0]


def false_alarms(start: Callable[[], DriftWatch], runs: int, items: int = LONG) -> int:
    return sum(watched(random.Random(run), items, watch=start())[1] is not None for run in range(runs))


def test_a_judge_that_does_not_change_is_hardly_ever_accused() -> None:
    assert false_alarms(lambda: DriftWatch.start(ControlDrift()), 100) <= 5


def test_that_is_owed_to_the_bound_on_the_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    def plugged_in(wrong: int, items: int, unsure: float) -> float:
        return wrong / items

    monkeypatch.setattr(module, "_upper", plugged_in)

    assert false_alarms(lambda: DriftWatch.start(ControlDrift()), 40) > 8


def test_bounds_that_are_just_right_are_enough() -> None:
    rule = ControlDrift(missed=0.1, false_alarms=0.05)

    assert rule.needed == pytest.approx(20)
    assert false_alarms(lambda: DriftWatch.start(rule), 200, 3_000) <= 10


@pytest.mark.parametrize("before", [0, 2_000])
def test_a_judge_that_was_replaced_is_found_out(before: int) -> None:
    delays: list[int] = []
    for run in range(60):
        chance = random.Random(run)
        watch, early = watched(chance, before, watch=learned(chance))
        assert early is None
        watch, delay = watched(chance, 3_000, sensitivity=0.7, watch=watch)
        delays.append(delay or 3_000)
        assert watch.moved == {"missed"}

    assert median(delays) <= 400


def test_false_alarms_are_told_from_missed_failures() -> None:
    chance = random.Random(3)

    watch, delay = watched(chance, 3_000, specificity=0.8, watch=learned(chance))

    assert delay is not None
    assert watch.moved == {"false_alarms"}


def test_both_sides_are_named_where_both_moved() -> None:
    watch = DriftWatch.start(ControlDrift(missed=0.1, false_alarms=0.1))
    for item in range(40):
        watch.update(fails=item % 2 == 0, judged_fail=item % 2 == 1)

    assert watch.moved == {"missed", "false_alarms"}


def test_a_judge_that_becomes_better_is_no_alarm_and_an_alarm_stays() -> None:
    chance = random.Random(4)
    watch = learned(chance)

    _, better = watched(chance, 2_000, sensitivity=1.0, specificity=1.0, watch=watch)
    _, worse = watched(chance, 2_000, sensitivity=0.2, watch=watch)

    assert better is None
    assert worse is not None
    assert all(watch.update(fails=True, judged_fail=True) for _ in range(5_000))


@given(st.floats(0.01, 0.9), st.lists(st.booleans(), max_size=60))
def test_the_wealth_is_a_martingale_at_the_bound_and_falls_below_it(bound: float, past: list[bool]) -> None:
    wealth = module.Wealth(bound)
    for wrong in past:
        wealth.bet(wrong, bound)
    after = {wrong: module.Wealth(bound, wealth.items, wealth.wrong, [*wealth.staked]) for wrong in (True, False)}
    for wrong, next_wealth in after.items():
        next_wealth.bet(wrong, bound)

    expected = bound * after[True].total + (1 - bound) * after[False].total

    assert isclose(expected, wealth.total, rel_tol=1e-9)
    assert after[True].total >= after[False].total >= 0


@given(st.integers(1, 400), st.integers(0, 400), st.sampled_from([0.01, 0.05]))
def test_the_bound_is_clopper_and_pearsons(items: int, wrong: int, unsure: float) -> None:
    wrong = min(items, wrong)

    expected = scipy.beta.ppf(1 - unsure, wrong + 1, items - wrong) if wrong < items else 1.0

    assert module._upper(wrong, items, unsure) == pytest.approx(expected, abs=1e-9)  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("stopped", [100, 700, 1_500])
def test_a_watch_goes_on_from_what_was_kept(stopped: int) -> None:
    chance = random.Random(6)
    watch, _ = watched(chance, stopped)

    again = DriftWatch.from_dict(watch.rule, json.loads(json.dumps(watch.to_dict())))

    assert again == watch
    kept = chance.getstate()
    one = watched(chance, 2_000, sensitivity=0.6, watch=watch)
    chance.setstate(kept)
    assert watched(chance, 2_000, sensitivity=0.6, watch=again) == one


def test_a_watch_that_is_never_stopped_keeps_its_numbers() -> None:
    watch = DriftWatch.start(ControlDrift(missed=0.01, false_alarms=0.01))

    for _ in range(3_000):
        watch.update(fails=True, judged_fail=False)

    assert watch.evidence < float("inf")
    assert json.loads(json.dumps(watch.to_dict(), allow_nan=False))["moved"] == ["missed"]


@pytest.mark.parametrize("wrong", [{"alpha": 0.0}, {"alpha": 1.0}, {"baseline_items": 0}, {"missed": 0.0}])
def test_rules_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"chance|between"):
        ControlDrift(**wrong)
