"""Several people, one verdict."""

from uuid import UUID

import pytest

from monitor.judges import Marked
from monitor.model import Missing, Unjudged
from monitor.reviews import Rule, reconciled
from tests.unit.reviews.builders import ANN, BOB, CAT


def mark(value: float | None, why: str = "") -> Marked:
    if value is None:
        return Marked.without(Unjudged(Missing.CANNOT_TELL, why))
    return Marked(value=value, passed=value >= 0.5, label=str(value), why=why)


def together(*values: float | None, rule: Rule = Rule.MAJORITY, leads: tuple[UUID, ...] = ()) -> Marked:
    people = (ANN, BOB, CAT, UUID(int=0xD), UUID(int=0xE))
    return reconciled([(who, mark(value)) for who, value in zip(people, values, strict=False)], rule, leads=leads)


def test_one_alone_decides() -> None:
    assert together(0.8) == mark(0.8)


def test_the_majority_decides_with_the_mean_of_those_who_side_with_it() -> None:
    found = together(1.0, 0.6, 0.0)

    assert (found.value, found.passed, found.label) == (pytest.approx(0.8), True, "2 : 1")


def test_a_majority_may_fail_it() -> None:
    assert together(1.0, 0.2, 0.0).passed is False


def test_evenly_split_people_give_no_value_and_say_so() -> None:
    found = together(1.0, 0.0)

    assert (found.value, found.missing) == (None, Missing.NO_MAJORITY)
    assert "1 : 1" in found.why


def test_whoever_cannot_tell_does_not_count() -> None:
    assert together(None, 0.0, None).value == 0.0


def test_where_nobody_can_tell_there_is_no_value() -> None:
    assert together(None, None).missing is Missing.CANNOT_TELL


def test_a_leads_verdict_stands_against_all_others() -> None:
    assert together(1.0, 1.0, 0.0, rule=Rule.LEAD, leads=(CAT,)) == mark(0.0)


def test_of_several_leads_the_newest_decides() -> None:
    assert together(1.0, 0.0, rule=Rule.LEAD, leads=(ANN, BOB)) == mark(0.0)


def test_a_lead_who_cannot_tell_leaves_it_to_the_majority() -> None:
    assert together(1.0, 1.0, None, rule=Rule.LEAD, leads=(CAT,)).passed is True


def test_without_the_rule_a_lead_counts_as_everybody() -> None:
    assert together(1.0, 1.0, 0.0, leads=(CAT,)).passed is True


def test_reasons_of_those_who_decide_are_kept_once() -> None:
    marks = [(ANN, mark(1.0, "clear")), (BOB, mark(1.0, "clear")), (CAT, mark(0.0, "rude"))]

    assert reconciled(marks, Rule.MAJORITY).why == "clear"
