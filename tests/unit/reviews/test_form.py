"""A rubric as a form, and answers as the rubric reads them."""

import json
from typing import Any

import pytest

from monitor.judges import Rubric
from monitor.model import Missing, Sample, Unjudged
from monitor.reviews import InvalidAnswers, form_of, mark_of, read_answers
from tests.builders import make_rubric, make_sample

SCALE: dict[str, Any] = {"anchors": {"1": "Bad.", "2": "So so.", "3": "Good."}}
HEALTH = {"rubrics": [{"criterion": "Says why.", "points": 4}, {"criterion": "Makes things up.", "points": -2}]}


def marked(rubric: Rubric, sample: Sample | None = None, comment: str = "", **answers: Any) -> Any:
    return mark_of(rubric, sample or make_sample(), answers, comment=comment, cannot_tell=False)


def test_a_verdict_is_one_choice_with_hints() -> None:
    (field,) = form_of(make_rubric(), make_sample())

    assert (field.name, field.kind, field.options) == ("verdict", "choice", ("pass", "fail"))
    assert field.hints == ("It helps.", "It does not.")


def test_a_scale_is_one_grade_the_lowest_first() -> None:
    (field,) = form_of(make_rubric(**SCALE), make_sample())

    assert (field.kind, field.options, field.hints[-1]) == ("grade", ("1", "2", "3"), "Good.")


def test_a_checklist_asks_each_of_its_questions() -> None:
    fields = form_of(make_rubric("checklist"), make_sample())

    assert [(field.name, field.label) for field in fields] == [("polite", "Is it polite?"), ("true", "Is it true?")]


def test_criteria_tell_their_points() -> None:
    (field,) = form_of(make_rubric("criteria"), make_sample())

    assert (field.name, field.points) == ("c1", 5.0)


def test_a_sample_may_bring_its_criteria() -> None:
    rubric = make_rubric("criteria", criteria=[], of_sample=True)
    sample = make_sample(tests=json.dumps(HEALTH))

    fields = form_of(rubric, sample)
    mark = mark_of(rubric, sample, {field.name: "yes" for field in fields}, comment="", cannot_tell=False)

    assert [field.points for field in fields] == [4.0, -2.0]
    assert mark.value == 0.5


def test_without_criteria_there_is_no_form() -> None:
    with pytest.raises(Unjudged):
        form_of(make_rubric("criteria", criteria=[], of_sample=True), make_sample())


@pytest.mark.parametrize(("answer", "value"), [("pass", 1.0), ("fail", 0.0)])
def test_a_verdict_has_a_value(answer: str, value: float) -> None:
    mark = marked(make_rubric(), verdict=answer, comment="because")

    assert (mark.value, mark.label, mark.why) == (value, answer, "because")


@pytest.mark.parametrize("answer", [2, "2"])
def test_a_grade_may_be_a_number_or_its_digits(answer: object) -> None:
    mark = marked(make_rubric(**SCALE), grade=answer)

    assert (mark.value, mark.passed) == (0.5, False)


@pytest.mark.parametrize("yes", [True, "yes"])
def test_yes_may_be_a_word_or_a_truth(yes: object) -> None:
    assert marked(make_rubric("checklist"), polite=yes, true="no").value == 0.5


@pytest.mark.parametrize(("winner", "value"), [("answer", 1.0), ("tie", 0.5), ("reference", 0.0)])
def test_a_comparison_has_a_value(winner: str, value: float) -> None:
    assert marked(make_rubric("pairwise"), winner=winner).value == value


def test_criteria_keep_what_the_reviewer_remarked() -> None:
    assert "wrong year" in marked(make_rubric("criteria"), c1="no", comment="wrong year").why


@pytest.mark.parametrize(
    ("kind", "more", "answers", "field"),
    [
        ("grade", {}, {}, "verdict"),
        ("grade", {}, {"verdict": "maybe"}, "verdict"),
        ("grade", {}, {"verdict": True}, "verdict"),
        ("grade", {}, {"verdict": "pass", "extra": 1}, "extra"),
        ("grade", SCALE, {"grade": 4}, "grade"),
        ("grade", SCALE, {"grade": 2.0}, "grade"),
        ("grade", SCALE, {"grade": "02"}, "grade"),
        ("checklist", {}, {"polite": "yes"}, "true"),
        ("checklist", {}, {"polite": 1, "true": "no"}, "polite"),
        ("checklist", {}, {"polite": ["yes"], "true": "no"}, "polite"),
        ("pairwise", {}, {"winner": "A"}, "winner"),
    ],
)
def test_what_does_not_fit_names_its_field(
    kind: str, more: dict[str, Any], answers: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidAnswers, match=field) as wrong:
        read_answers(make_rubric(kind, **more), make_sample(), answers)

    assert wrong.value.field == field


def test_whoever_cannot_tell_gives_no_value_and_a_reason() -> None:
    mark = mark_of(make_rubric(), make_sample(), {}, comment="in Finnish", cannot_tell=True)

    assert (mark.value, mark.missing, mark.why) == (None, Missing.CANNOT_TELL, "in Finnish")
