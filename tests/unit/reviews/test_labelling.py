"""A rubric as a labelling configuration of Label Studio, and annotations as answers."""

import json
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.build import load_rubric, shipped_rubrics
from monitor.judges import Rubric
from monitor.model import Item, Message, Part, Reason, Sample, Task, ToolCall, Unjudged
from monitor.reviews import Filled, Misfit, configuration, form_of, read_answers, read_result, regions, task_of
from tests.builders import make_rubric, make_sample

TESTS = json.dumps({"rubrics": [{"criterion": f"Criterion {n}.", "points": p} for n, p in enumerate((5, -3, 2))]})
EVERY = [load_rubric(name) for name in shipped_rubrics()]
OTHERS = [
    make_rubric(
        criteria=[{"id": "a.b:c-1", "text": "One."}, {"id": "a_b", "text": "Two.", "points": -1}], kind="criteria"
    ),
    make_rubric(anchors={"-1": "Bad.", "0": "So so.", "1": "Good."}),
    make_rubric("checklist", items={"comment": "Has it one?", "cannot_tell": "Can it?", "met_0": "Is it met?"}),
]
EVIL = '<b>x</b><Choices name="a"/>"><script>alert(1)</script> $answer {{idx}} &amp; \x00\x1b \ud800'


def evil_sample(**said: Any) -> Sample:
    messages = (
        Message("user", (Part(EVIL),), (ToolCall("f" + EVIL, EVIL),), name=EVIL),
        Message("assistant" + EVIL, (Part(""),)),
    )
    return make_sample(EVIL, messages=messages, context=(EVIL,), references=(EVIL, ""), tools=EVIL, tests=TESTS, **said)


def make_item(opinion: object = None) -> Item:
    said = json.dumps(opinion) if opinion is not None else ""
    return Item(
        id=UUID(int=5), sample=UUID(int=1), app="app", judge="j", rubric="v", payload="", reason=Reason.CONTROL,
        inclusion=1.0, opinion=said,
    )  # fmt: skip


def task(rubric: Rubric, sample: Sample | None = None, opinion: object = None, *, shown: bool = True) -> Task:
    return task_of(make_item(opinion), rubric, sample or make_sample(tests=TESTS), shown=shown)


def named(rubric: Rubric, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(configuration(rubric)).iter(tag))


@pytest.mark.parametrize("rubric", [*EVERY, *OTHERS], ids=lambda rubric: rubric.rubric)
def test_a_configuration_is_xml_with_names_that_stand_for_one_thing_each(rubric: Rubric) -> None:
    view = ElementTree.fromstring(configuration(rubric))
    names = [one.get("name") for one in view.iter() if one.get("name")]

    assert view.tag == "View"
    assert len(names) == len(set(names))
    assert all(one.get("toName") in names for one in view.iter() if one.get("toName"))
    assert {one.get("valueType") for one in view.iter("Text")} == {"text"}
    assert {one.tag for one in view.iter()} <= {"View", "Header", "Repeater", "Text", "Choices", "Choice", "TextArea"}


@pytest.mark.parametrize("rubric", [*EVERY, *OTHERS], ids=lambda rubric: rubric.rubric)
def test_every_question_is_asked_with_its_options_and_only_while_one_can_tell(rubric: Rubric) -> None:
    asked = [one for one in named(rubric, "Choices") if one.get("name") != "cannot_tell"]
    fields = form_of(rubric, make_sample(tests=TESTS))
    options = {tuple(str(choice.get("alias")) for choice in one) for one in asked}

    assert options == {one.options for one in fields}
    assert len(asked) == len(fields) or rubric.rubric == "healthbench"
    assert {(one.get("required"), one.get("whenTagName")) for one in asked} == {("true", "cannot_tell")}


@pytest.mark.parametrize("rubric", EVERY, ids=lambda rubric: rubric.rubric)
def test_whatever_a_configuration_shows_is_in_every_task(rubric: Rubric) -> None:
    values = [str(one.get("value")) for tag in ("Text", "Header") for one in named(rubric, tag)]
    shown = {value[1:].partition("[")[0] for value in values if value.startswith("$")}
    lists = {str(one.get("on"))[1:] for one in named(rubric, "Repeater")}
    data = task(rubric, make_sample(None, messages=(), tests=TESTS)).data

    assert all(data[name] for name in lists)  # a list of nothing would show nothing
    assert {"answer", *lists} == shown
    assert shown <= data.keys()


@given(st.data())
def test_answers_come_back_as_they_were_given(data: st.DataObject) -> None:
    rubric = data.draw(st.sampled_from([*EVERY, *OTHERS]))
    sample = make_sample(tests=TESTS)
    fields = form_of(rubric, sample)
    answers = {one.name: data.draw(st.sampled_from(one.options)) for one in fields}
    comment = data.draw(st.text(max_size=30)).strip()
    cannot_tell = data.draw(st.booleans())
    filled = Filled(answers={} if cannot_tell else answers, comment=comment, cannot_tell=cannot_tell)
    kept = json.loads(json.dumps(data.draw(st.permutations(regions(rubric, sample, filled)))))

    back = read_result(rubric, sample, kept)

    assert back == filled
    assert cannot_tell or read_answers(rubric, sample, back.answers)


@pytest.mark.parametrize("rubric", EVERY, ids=lambda rubric: rubric.rubric)
def test_texts_of_a_sample_are_data_and_nothing_else(rubric: Rubric) -> None:
    made = task(rubric, evil_sample(), opinion={"value": 0.5, "label": EVIL, "points": [{"name": EVIL, "value": 1}]})
    written = json.dumps(made.data, ensure_ascii=False).encode()  # which half of a surrogate pair would break

    assert "script" not in configuration(rubric)
    assert b"<script>" in written
    assert b"\\u0000" not in written
    assert EVIL not in json.dumps(made.prediction)


def test_texts_of_a_rubric_can_neither_add_tags_nor_ask_for_data() -> None:
    rubric = make_rubric(
        about='<Choices name="x"/> costs $5, $answer', anchors={"pass": '"/><b>' + "\x85", "fail": "$answer & <i>"}
    )

    assert [one.get("name") for one in named(rubric, "Choices")] == ["answer_verdict", "cannot_tell"]
    shown = [str(one.get("value")) for one in [*named(rubric, "Header"), *named(rubric, "Choice")]]
    assert not any("$answer" in text or "$5" in text for text in shown)
    assert '<Choices name="x"/> costs $\u20605, $\u2060answer' in shown


def test_a_hidden_opinion_is_not_handed_over() -> None:
    opinion = {"value": 1.0, "passed": True, "label": "pass", "why": "because"}

    made = task(make_rubric(), opinion=opinion, shown=False)

    assert (made.prediction, made.value) == ([], None)
    assert "because" not in json.dumps(made.data)


@pytest.mark.parametrize(
    ("rubric", "opinion", "answers"),
    [
        (make_rubric(), {"value": 1.0, "passed": True, "label": "2 : 1"}, {"verdict": "pass"}),
        (make_rubric(), {"value": 0.0, "passed": False}, {"verdict": "fail"}),
        (make_rubric(), {"value": None, "missing": "timeout"}, {}),
        (make_rubric(), None, {}),
        (load_rubric("tone"), {"value": 0.25, "label": "2"}, {"grade": "2"}),
        (load_rubric("tone"), {"value": 0.5, "label": "2 : 2"}, {}),
        (load_rubric("preference"), {"value": 0.5, "label": "order decides"}, {"winner": "tie"}),
        (load_rubric("preference"), {"value": 0.0, "label": "worse"}, {"winner": "reference"}),
        (load_rubric("healthbench"), {"value": 0.5, "points": [{"name": "c2", "value": 0.0}]}, {"c2": "no"}),
        (make_rubric("checklist"), {"value": 0.5, "points": [{"name": "polite", "value": 1.0}]}, {"polite": "yes"}),
        (make_rubric("checklist"), {"value": 0.5, "points": [{"name": "judge_a", "value": 1.0}]}, {}),
        (make_rubric(), [1, 2], {}),
        (make_rubric(), {"value": "high"}, {}),
    ],
)
def test_a_shown_opinion_fills_in_the_form_as_far_as_it_tells(rubric: Rubric, opinion: Any, answers: Any) -> None:
    sample = make_sample(tests=TESTS)

    assert task(rubric, opinion=opinion).prediction == regions(rubric, sample, Filled(answers=answers))


Case = tuple[Any, str, str]


def choice(control: str, *choices: str) -> dict[str, Any]:
    return {"from_name": control, "to_name": "answer", "type": "choices", "value": {"choices": list(choices)}}


GOOD = choice("answer_polite", "yes"), choice("answer_true", "no")


BAD: list[Case] = [
    ([], "missing_field", "polite: needs one of yes, no; true: needs one of yes, no"),
    ([GOOD[0]], "missing_field", "true: needs one of yes, no"),
    ([GOOD[0], choice("answer_true")], "missing_field", "true"),
    ([GOOD[0], choice("answer_true", "perhaps")], "unknown_choice", "true: needs one of yes, no, not 'perhaps'"),
    ([GOOD[0], choice("answer_true", "yes", "no")], "twice", "true"),
    ([*GOOD, GOOD[0]], "twice", "polite"),
    ([*GOOD, choice("other", "x")], "unknown_field", "other"),
    ([*GOOD, {"from_name": "comment", "value": {"text": 5}}], "unreadable", "text"),
    (None, "unreadable", ""),
    ({"a": 1}, "unreadable", ""),
    ([{"value": {}}], "unreadable", "from_name"),
    ([{"from_name": "answer_true", "value": {"choices": "yes"}}], "unreadable", "choices"),
]


@pytest.mark.parametrize(("result", "reason", "message"), BAD)
def test_what_is_no_answer_is_refused_with_a_reason(result: Any, reason: str, message: str) -> None:
    with pytest.raises(Misfit) as refused:
        read_result(make_rubric("checklist"), make_sample(), result)

    assert refused.value.reason == reason
    assert message in str(refused.value)


def test_whoever_cannot_tell_need_not_answer() -> None:
    result = [
        choice("cannot_tell", "cannot tell"),
        {"from_name": "comment", "value": {"text": ["In Czech.", "Sorry."]}},
    ]

    said = read_result(make_rubric("checklist"), make_sample(), result)

    assert said == Filled(comment="In Czech.\nSorry.", cannot_tell=True)


def test_a_sample_without_criteria_has_no_form() -> None:
    with pytest.raises(Unjudged, match="brings no criteria"):
        task(load_rubric("healthbench"), make_sample())
