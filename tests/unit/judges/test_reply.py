"""What a judge replied: what is forgiven, and what is wrong with the rest, in words that the judge can use."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judges import Call, Form, Unparsable, calls, read_reply
from tests.builders import PASSES, make_rubric, make_sample

FORM = Form(version="v", window=32_000)


def make_judge_call(kind: str = "grade", **said: Any) -> Call:
    return calls(make_rubric(kind, **said), make_sample(references=("x",)), FORM, lambda: "0" * 16)[0]


VERDICT = make_judge_call()
SCALE = make_judge_call(anchors={1: "Bad.", 2: "Fair.", 3: "Good."})
LIST = make_judge_call("checklist")


def one(name: str, met: object = True) -> dict[str, object]:
    return {"id": name, "explanation": "So it is.", "criteria_met": met}


def listed(*criteria: object) -> str:
    return json.dumps({"explanation": "All in all.", "criteria": criteria})


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PASSES),
        f"\n  {json.dumps(PASSES, indent=4)}\n",
        f"```json\n{json.dumps(PASSES)}\n```",
        f"```\n{json.dumps(PASSES)}\n```\n",
        f'<think>\nWould {{"verdict": "fail"}} do? No.\n</think>\n\n{json.dumps(PASSES)}',
        json.dumps(dict(reversed(PASSES.items()))),
    ],
)
def test_an_object_of_the_right_shape_is_read(text: str) -> None:
    assert read_reply(text, VERDICT) == PASSES


def test_a_list_of_all_criteria_is_read_in_any_order() -> None:
    reply = read_reply(listed(one("true", met=False), one("polite")), LIST)

    assert [(given["id"], given["criteria_met"]) for given in reply["criteria"]] == [("true", False), ("polite", True)]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "it is not JSON"),
        ("The answer passes.", "it is not JSON"),
        ("{'explanation': 'x', 'verdict': 'pass'}", "it is not JSON"),
        ('{"explanation": "x", "verdict": "pa', "it is not JSON"),
        ('{"explanation": "\ud800", "verdict": "pass"}', "it is not JSON"),
        ('{"explanation": "\\ud800", "verdict": "pass"}', "it is not JSON"),
        ('{"explanation": NaN, "verdict": "pass"}', "it is not JSON"),
        (json.dumps(PASSES) * 2, "it is not JSON"),
        (f"Here you are: {json.dumps(PASSES)}", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("null", "it is JSON, and not an object"),
        (f"[{json.dumps(PASSES)}]", "it is JSON, and not an object"),
        ("{}", '"explanation" is a required property'),
        ('{"explanation": "x"}', '"verdict" is a required property'),
        ('{"explanation": "x", "verdict": "passed"}', "verdict: "),
        ('{"explanation": "x", "verdict": true}', "verdict: "),
        ('{"explanation": null, "verdict": "pass"}', "explanation: "),
        ('{"explanation": "x", "verdict": "pass", "score": 1}', "'score' was unexpected"),
        ('{"explanation": ' + "[" * 400 + "]" * 400 + ', "verdict": "pass"}', "cannot be read"),
    ],
)
def test_another_reply_says_what_is_wrong_with_it(text: str, wrong: str) -> None:
    with pytest.raises(Unparsable, match=wrong) as caught:
        read_reply(text, VERDICT)

    assert len(str(caught.value)) <= 450


@pytest.mark.parametrize("grade", ["0", "4", "2.5", "true", '"2"', "null", "1e400", "9" * 40, "-1"])
def test_a_grade_outside_of_the_scale_is_none(grade: str) -> None:
    with pytest.raises(Unparsable):
        read_reply(f'{{"explanation": "x", "grade": {grade}}}', SCALE)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (listed(), "polite, true is missing"),
        (listed(one("polite")), "criteria: true is missing"),
        (listed(one("polite"), one("true"), one("true", met=False)), "an id is there twice"),
        (listed(one("polite"), one("true"), one("funny")), r"criteria\.2\.id"),
        (listed(one("polite"), one("true", met="yes")), r"criteria\.1\.criteria_met"),
        (listed(one("polite"), one("true", met=None)), r"criteria\.1\.criteria_met"),
        (listed("polite", "true"), r"criteria\.0"),
    ],
)
def test_a_list_with_gaps_is_not_what_was_asked_for(text: str, wrong: str) -> None:
    with pytest.raises(Unparsable, match=wrong):
        read_reply(text, LIST)


def test_a_long_explanation_is_cut() -> None:
    long = {"explanation": "x" * 9_000, "criteria": [one(name) | {"explanation": "y" * 9_000} for name in LIST.expects]}

    reply = read_reply(json.dumps(long), LIST)

    assert len(reply["explanation"]) == 4_000
    assert {len(given["explanation"]) for given in reply["criteria"]} == {4_000}


@given(st.one_of(st.text(), st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(json.dumps)))
def test_whatever_is_said_is_an_object_or_unparsable(text: str) -> None:
    with contextlib.suppress(Unparsable):
        assert read_reply(text, VERDICT).keys() == PASSES.keys()


@given(st.text())
def test_whatever_an_explanation_holds_can_be_written_down(explanation: str) -> None:
    reply = read_reply(json.dumps({"explanation": explanation.replace("\ud800", ""), "verdict": "fail"}), VERDICT)

    assert json.dumps(reply, ensure_ascii=False).encode()
