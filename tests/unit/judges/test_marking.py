"""From replies to a value."""

import json
from typing import Any

import pytest

from monitor.judges import Marked, Replied, Rubric, marked
from monitor.model import Missing, Sample
from tests.builders import make_rubric, make_sample

SAMPLE = make_sample()


def mark(rubric: Rubric, sample: Sample = SAMPLE, **replies: Replied) -> Marked:
    return marked(rubric, sample, replies)


def met(name: str, met: bool) -> dict[str, Any]:
    return {"id": name, "explanation": f"{name} it is.", "criteria_met": met}


@pytest.mark.parametrize(("verdict", "value"), [("pass", 1.0), ("fail", 0.0)])
def test_a_verdict_is_one_or_nothing(verdict: str, value: float) -> None:
    found = mark(make_rubric(), all={"explanation": "So it is.", "verdict": verdict})

    assert (found.value, found.passed, found.label, found.why) == (value, bool(value), verdict, "So it is.")


@pytest.mark.parametrize(
    ("grade", "value", "passed"),
    [(1, 0.0, False), (2, 0.25, False), (3, 0.5, False), (4, 0.75, True), (5.0, 1.0, True)],
)
def test_a_grade_is_its_place_on_the_scale(grade: float, value: float, passed: bool) -> None:
    rubric = make_rubric(anchors={str(anchor): "text" for anchor in range(1, 6)})

    found = mark(rubric, all={"explanation": "x", "grade": grade})

    assert (found.value, found.passed, found.label) == (value, passed, str(int(grade)))


def test_a_scale_may_begin_below_nothing_and_pass_where_it_says() -> None:
    rubric = make_rubric(anchors={"-1": "bad", "0": "so so", "1": "good"}, passes_from=0)

    found = mark(rubric, all={"explanation": "x", "grade": 0})

    assert (found.value, found.passed) == (0.5, True)


def test_a_checklist_is_its_share_of_yes_and_says_what_was_missed() -> None:
    replied = {"explanation": "x", "criteria": [met("polite", True), met("true", False)]}

    found = mark(make_rubric("checklist"), all=replied)

    assert (found.value, found.passed, found.label, found.why) == (0.5, False, "1 of 2", "true: true it is.")
    assert [(point.name, point.value) for point in found.points] == [("polite", 1.0), ("true", 0.0)]


def test_a_checklist_passes_from_its_own_line() -> None:
    replied = {"explanation": "x", "criteria": [met("polite", True), met("true", False)]}

    assert mark(make_rubric("checklist", passes_from=0.5), all=replied).passed


CRITERIA = [
    {"id": "good", "text": "Good.", "points": 5, "tags": ["axis:accuracy"]},
    {"id": "more", "text": "More.", "points": 5},
    {"id": "bad", "text": "Bad.", "points": -2},
]


@pytest.mark.parametrize(
    ("replies", "value", "passed"),
    [((1, 1, 0), 1.0, True), ((1, 0, 0), 0.5, False), ((1, 1, 1), 0.8, True), ((0, 0, 1), -0.2, False)],
)
@pytest.mark.parametrize("batch", [False, True])
def test_criteria_are_scored_alike_whether_asked_one_by_one_or_together(
    replies: tuple[int, ...], value: float, passed: bool, batch: bool
) -> None:
    given = {name: met(name, bool(said)) for name, said in zip(("good", "more", "bad"), replies, strict=True)}
    rubric = make_rubric("criteria", criteria=CRITERIA, batch=batch)

    found = marked(rubric, SAMPLE, {"all": {"criteria": [*given.values()][::-1]}} if batch else given)

    assert (found.value, found.passed) == (pytest.approx(value), passed)
    assert [point.points for point in found.points] == [5, 5, -2]


def test_criteria_say_which_were_lost_and_the_score_of_each_tag() -> None:
    replies = {"good": met("good", True), "more": met("more", False), "bad": met("bad", True)}

    found = marked(make_rubric("criteria", criteria=CRITERIA), SAMPLE, replies)

    assert found.why == "more (+5): more it is.; bad (-2): bad it is. · axis:accuracy 1.00"


def test_criteria_of_a_sample_are_numbered_as_they_come() -> None:
    said = [{"criterion": "a", "points": 3}, {"criterion": "b", "points": 1}, {"criterion": "c", "points": -1}]
    sample = make_sample(tests=json.dumps({"rubrics": said}))
    rubric = make_rubric("criteria", criteria=[], of_sample=True)

    found = mark(rubric, sample, c1=met("c1", True), c2=met("c2", False), c3=met("c3", False))

    assert (found.value, found.label) == (0.75, "0.75")


@pytest.mark.parametrize(
    ("ab", "ba", "value", "label"),
    [
        ("A", "B", 1.0, "better"),
        ("B", "A", 0.0, "worse"),
        ("tie", "tie", 0.5, "tie"),
        ("A", "A", 0.5, "order decides"),
        ("B", "B", 0.5, "order decides"),
        ("A", "tie", 0.5, "order decides"),
        ("tie", "B", 0.5, "order decides"),
        ("tie", "A", 0.5, "order decides"),
        ("B", "tie", 0.5, "order decides"),
    ],
)
def test_in_a_pair_only_what_both_orders_say_counts(ab: str, ba: str, value: float, label: str) -> None:
    replies = {order: {"explanation": order, "winner": said} for order, said in (("ab", ab), ("ba", ba))}

    found = marked(make_rubric("pairwise"), SAMPLE, replies)

    assert (found.value, found.label, found.passed) == (value, label, value >= 0.5)
    assert [point.name for point in found.points] == ["ab", "ba"]
    assert found.why == "A first: ab · B first: ba"


def test_nothing_is_missing_where_there_is_a_value() -> None:
    found = mark(make_rubric(), all={"explanation": "x", "verdict": "fail"})

    assert (found.value, found.missing) == (0.0, None)
    assert Missing.TIMEOUT.passes
    assert not Missing.OVER_BUDGET.passes
