"""Which samples people look at, with which probability, and why."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Opinion, Reason
from monitor.reviews import Selection, item_id
from tests.builders import make_opinion, make_sample

MANY = [UUID(int=n * 7919 + 1) for n in range(4_000)]


def said(**more: Any) -> Opinion:
    ordinary: dict[str, Any] = {"value": 1.0, "passed": True}
    return make_opinion(**(ordinary | more))


def reasons(opinion: Opinion, verdict: str = "", tags: dict[str, str] | None = None) -> set[Reason]:
    return {*Selection().reasons(make_sample(tags=tags or {}), opinion, verdict)} - {Reason.CONTROL}


@pytest.mark.parametrize(
    "opinion",
    [
        said(value=0.5),
        said(flags=("split",)),
        said(flags=("talks_to_judge",)),
        said(value=None, passed=None, missing="no_majority"),
        said(value=None, passed=None, missing="refused"),
        said(value=None, passed=None, missing="unparsable"),
    ],
)
def test_the_judge_is_unsure(opinion: Opinion) -> None:
    assert reasons(opinion) == {Reason.UNSURE}


@pytest.mark.parametrize("missing", ["timeout", "over_budget", "circuit_open", "not_applicable"])
def test_a_judge_that_was_not_heard_is_not_unsure(missing: str) -> None:
    assert reasons(said(value=None, passed=None, missing=missing)) == set()


@pytest.mark.parametrize("value", [0.35, 0.65, 0.0, 1.0])
def test_the_middle_ends_before_its_bounds(value: float) -> None:
    assert Reason.UNSURE not in reasons(said(value=value))


@pytest.mark.parametrize(("passed", "verdict"), [(True, "fail"), (False, "pass")])
def test_judge_and_checks_disagree(passed: bool, verdict: str) -> None:
    assert reasons(said(passed=passed), verdict) == {Reason.DISAGREE}


@pytest.mark.parametrize(("passed", "verdict"), [(True, "pass"), (False, "fail"), (True, "unsure"), (None, "fail")])
def test_judge_and_checks_do_not_disagree(passed: bool | None, verdict: str) -> None:
    assert reasons(said(passed=passed), verdict) == set()


@pytest.mark.parametrize(("word", "complains"), [("negative", True), ("Thumbs_Down", True), ("positive", False)])
def test_a_user_complained(word: str, complains: bool) -> None:
    assert (Reason.COMPLAINT in reasons(said(), tags={"feedback": word})) is complains


def test_the_largest_share_decides_and_is_the_probability() -> None:
    selection = Selection(control=0.1, unsure=0.5, complaint=0.3)
    opinion = said(value=0.5)
    chosen = [selection.select(make_sample(id=id, tags={"feedback": "bad"}), opinion, "") for id in MANY]

    found = [one for one in chosen if one]
    control = sum(reason is Reason.CONTROL for reason, _ in found)

    assert {share for _, share in found} == {0.5}
    assert {reason for reason, _ in found} == {Reason.CONTROL, Reason.UNSURE}
    assert len(found) / len(MANY) == pytest.approx(0.5, abs=0.03)
    assert control / len(MANY) == pytest.approx(0.1, abs=0.02)


def test_where_nothing_applies_only_the_random_share_is_looked_at() -> None:
    selection = Selection(control=0.2, unsure=1.0, disagree=1.0, complaint=1.0)
    chosen = [selection.select(make_sample(id=id), said(), "pass") for id in MANY]

    assert {one for one in chosen if one} == {(Reason.CONTROL, 0.2)}


def test_nothing_is_selected_where_nothing_is_wanted() -> None:
    assert Selection().select(make_sample(), said(value=0.5), "fail") is None


def test_everything_is_selected_where_everything_is_wanted() -> None:
    selection = Selection(unsure=1.0)

    assert all(selection.select(make_sample(id=id), said(value=0.5), "") == (Reason.UNSURE, 1.0) for id in MANY[:200])


@given(small=st.floats(0, 1), large=st.floats(0, 1), id=st.uuids())
def test_what_a_small_share_selects_a_larger_one_selects_too(small: float, large: float, id: UUID) -> None:
    small, large = sorted((small, large))
    sample = make_sample(id=id)

    if Selection(control=small).select(sample, said(), ""):
        assert Selection(control=large).select(sample, said(), "")


@given(control=st.floats(0, 1), unsure=st.floats(0, 1), id=st.uuids())
def test_who_is_in_the_random_share_is_in_it_whatever_else_applies(control: float, unsure: float, id: UUID) -> None:
    sample, selection = make_sample(id=id), Selection(control=control, unsure=unsure)
    alone = selection.select(sample, said(), "")
    together = selection.select(sample, said(value=0.5), "")

    assert (alone is not None) == (together is not None and together[0] is Reason.CONTROL)


def test_equal_texts_are_one_item_and_others_are_not() -> None:
    one = item_id("app", "quality", make_sample("A", id=UUID(int=1)))

    assert item_id("app", "quality", make_sample("A", id=UUID(int=2))) == one
    assert item_id("app", "tone", make_sample("A")) != one
    assert item_id("other", "quality", make_sample("A")) != one
    assert item_id("app", "quality", make_sample("B")) != one
    assert item_id("app", "quality", make_sample("A", context=("x",))) != one
    assert item_id("app", "quality", make_sample("A", references=("x",))) != one


def test_a_text_cannot_pass_for_two() -> None:
    assert item_id("a", "b", make_sample("cd")) != item_id("a", "bc", make_sample("d"))
