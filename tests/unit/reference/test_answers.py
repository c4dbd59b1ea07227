"""Right or wrong: exact match, final numbers, labels, choices, contents, JSON."""

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.checks.reference.choice import chosen_letter
from monitor.checks.reference.exact import exact_match, normalise, token_f1
from monitor.checks.reference.label import last_label
from monitor.checks.reference.number import final_number
from monitor.errors import InvalidConfig
from tests.builders import make_sample, make_scorer, run_check


@pytest.mark.parametrize(
    ("answer", "reference", "same", "f1"),
    [
        ("The cat.", "cat", True, 1.0),
        ("a an the", "", True, 1.0),
        ("", "cat", False, 0.0),
        ("in the city of Paris", "Paris, France", False, 1 / 3),
        ("Paris Paris", "Paris", False, 2 / 3),
        ("你好 世界", "你好世界", False, 0.0),
        ("café!", "CAFÉ", True, 1.0),
    ],
)
def test_squads_rules(answer: str, reference: str, same: bool, f1: float) -> None:
    assert exact_match(answer, reference) == float(same)
    assert token_f1(answer, reference) == pytest.approx(f1)


@given(st.text(max_size=60), st.text(max_size=60))
def test_f1_is_symmetric_and_perfect_for_the_same(one: str, other: str) -> None:
    assert token_f1(one, other) == pytest.approx(token_f1(other, one))
    assert token_f1(one, one) == 1.0
    assert normalise(normalise(one)) == normalise(one) or exact_match(one, normalise(one)) in {0.0, 1.0}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("He has 3 boxes.\n#### 1,250", 1250),
        (r"so \boxed{-3.5} dollars", -3.5),
        ("Answer: $12.50 each", 12.5),
        ("The answer is 7. I checked 3 times.", 7),
        ("65,960", 65960),
        ("3/4", 0.75),
        ("1/0", None),
        ("−4 degrees", -4),
        ("half of .5", 0.5),
        ("Nothing.", None),
        ("9" * 400, None),
        ("1e999", None),
    ],
)
def test_final_numbers(text: str, number: float | None) -> None:
    assert final_number(text) == number


@given(st.integers(-(10**12), 10**12))
def test_a_number_is_found_however_it_is_written(number: int) -> None:
    assert final_number(f"So the total comes to {number:,}.") == number
    assert final_number(f"Of 7 ways this is best.\n#### {number}") == number


def test_a_field_of_the_answers_json_comes_first() -> None:
    sample = make_sample('Sure: {"reasoning": "2 and 3", "answer": "5 apples"}', references=("5",))

    assert run_check("numeric_answer", sample, field="answer").value == 1.0
    assert run_check("numeric_answer", make_sample("about 5.004", references=("5",)), tolerance=0.01).value == 1.0
    assert run_check("numeric_answer", make_sample("none", references=("5",))).label == "no_number"
    assert run_check("numeric_answer", make_sample("5", references=("five",))).label == "not_applicable"


@pytest.mark.parametrize(
    ("text", "brackets_only", "label"),
    [
        ("[No] at first. So: [Yes].", False, "yes"),
        ("No doubt: yes", False, "yes"),
        ("Yes", True, None),
        ("Nobody knows, yesterday", False, None),
        ("NO", False, "no"),
    ],
)
def test_the_last_label_counts(text: str, brackets_only: bool, label: str | None) -> None:
    assert last_label(text, ["yes", "no"], brackets_only=brackets_only) == label


def test_labels_against_a_reference() -> None:
    assert run_check("yes_no", make_sample("I say yes.", references=("Yes",))).value == 1.0
    found = run_check("label_match", make_sample("spam? no: ham", references=("spam",)), labels=["spam", "ham"])
    assert (found.value, found.label) == (0.0, "ham")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("(C)", "C"),
        ("B. Paris", "B"),
        ("**D**) because", "D"),
        ("The correct answer is (A).", "A"),
        ("Answer: C", "C"),
        (r"Thus \boxed{\text{B}}", "B"),
        ("(A) looks right, but the answer is (C).", "C"),
        ("Option D is the correct one", "D"),
        ("I think a cat is best.", None),
        ("Z", None),
        ("", None),
    ],
)
def test_choices(text: str, letter: str | None) -> None:
    assert chosen_letter(text) == letter


def test_contents() -> None:
    sample = make_sample("The ferry leaves at eight.", references=("at Eight",))

    assert run_check("contains_reference", sample).value == 1.0
    assert run_check("contains_reference", sample, same_case=True).value == 0.0
    assert run_check("contains_any", sample, texts=["bus", "ferry"]).value == 1.0
    assert run_check("contains_all", sample, texts=["bus", "ferry"]).value == 0.5
    assert run_check("contains_none", sample, texts=["bus"]).value == 1.0
    assert run_check("regex", sample, pattern=r"at \w+\.$").value == 1.0
    assert run_check("regex", sample, pattern="ferry", whole=True).value == 0.0
    assert run_check("regex", sample, pattern="bus", absent=True).value == 1.0


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=x)"])
def test_what_re2_cannot_do_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidConfig, match="RE2"):
        make_scorer("regex", pattern=pattern)


@pytest.mark.parametrize(
    ("answer", "value", "why"),
    [
        ({"a": 1, "b": [1, 2]}, 1.0, ""),
        ({"b": [1, 2], "a": 1.0}, 1.0, ""),
        ({"a": 1, "b": [1, 3]}, 2 / 3, "b[1] differs"),
        ({"a": 1}, 1 / 2, "b is missing"),
        ({"a": 1, "b": [1, 2], "c": 0}, 3 / 4, "c is not in the reference"),
        ({"a": True, "b": [1, 2]}, 2 / 3, "a differs"),
        ([], 0.0, "the document differs"),
    ],
)
def test_json_is_compared_field_by_field(answer: object, value: float, why: str) -> None:
    sample = make_sample(json.dumps(answer), references=('{"a": 1, "b": [1, 2]}',))

    finding = run_check("json_equal", sample)

    assert finding.value == pytest.approx(value)
    assert finding.why == why


def test_fields_have_weights() -> None:
    sample = make_sample('{"a": 1, "b": 3}', references=('{"a": 1, "b": 2}',))

    assert run_check("json_equal", sample, weights={"a": 3.0}).value == pytest.approx(0.75)
    assert run_check("json_equal", sample, weights={"b": 0.0}).value == 1.0
    with pytest.raises(InvalidConfig, match="negative"):
        make_scorer("json_equal", weights={"a": -1.0})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
)
def test_a_document_is_equal_to_itself(document: Any) -> None:
    text = json.dumps(document)
    if len(text) > 2**63 or any(abs(n) >= 2**63 for n in _integers(document)):
        return
    finding = run_check("json_equal", make_sample(text, references=(text,)))
    assert finding.value == 1.0


def _integers(node: Any) -> list[int]:
    if isinstance(node, dict | list):
        inner = cast(dict[str, Any], node).values() if isinstance(node, dict) else cast(list[Any], node)
        return [number for one in inner for number in _integers(one)]
    return [node] if isinstance(node, int) else []
