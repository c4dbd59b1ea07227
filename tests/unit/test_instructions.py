"""Instructions that a program can verify: each name once followed and once not."""

import json
from typing import Any

import pytest

from monitor.checks.instructions import VERIFIERS, Instruction, sentences
from monitor.errors import InvalidConfig
from tests.builders import make_sample, make_scorer, run_check

CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "keywords:existence": ({"keywords": ["ferry", "eight"]}, "The Ferry leaves at eight.", "The bus leaves at eight."),
    "keywords:frequency": ({"keyword": "a", "frequency": 2, "relation": "at least"}, "a banana", "the end"),
    "keywords:forbidden_words": ({"forbidden_words": ["rich"]}, "enriched", "I am rich."),
    "keywords:letter_frequency": ({"letter": "e", "let_frequency": 1, "let_relation": "less than"}, "no", "yes"),
    "language:response_language": (
        {"language": "de"},
        "Der alte Hafen liegt im Norden der Stadt, und die Fähre fährt jeden Morgen.",
        "The old harbour lies to the north of the town, and the ferry leaves every morning.",
    ),
    "length_constraints:number_words": ({"num_words": 3, "relation": "exactly"}, "one two three", "one two"),
    "length_constraints:number_sentences": ({"num_sentences": 2, "relation": "less than"}, "One. ", "One. Two."),
    "length_constraints:number_paragraphs": ({"num_paragraphs": 2}, "one\n***\ntwo", "one\n\ntwo"),
    "length_constraints:nth_paragraph_first_word": (
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "elm"}, "One.\n\nElm, two.", "One.\n\nOak two."
    ),
    "detectable_content:number_placeholders": ({"num_placeholders": 2}, "[name] at [address]", "[name]"),
    "detectable_content:postscript": ({"postscript_marker": "P.P.S"}, "Bye.\nP.P.S. Write!", "Bye."),
    "detectable_format:number_bullet_lists": ({"num_bullets": 2}, "* one\n- two", "* one"),
    "detectable_format:constrained_response": ({}, "My answer is no.", "No."),
    "detectable_format:number_highlighted_sections": ({"num_highlights": 2}, "*one* and **two**", "*one*"),
    "detectable_format:multiple_sections": (
        {"section_spliter": "SECTION", "num_sections": 2}, "SECTION 1\na\nSECTION 2\nb", "SECTION 1\na"
    ),
    "detectable_format:json_format": ({}, '```json\n{"a": 1}\n```', "{'a': 1}"),
    "detectable_format:title": ({}, "<<A title>>\ntext", "<< >>"),
    "combination:two_responses": ({}, "one\n******\ntwo", "one\n******\none"),
    "combination:repeat_prompt": ({"prompt_to_repeat": "Say hi"}, "say hi\nHi!", "Hi!"),
    "startend:end_checker": ({"end_phrase": "The end."}, 'Well. "The end."', "The end. Or not"),
    "startend:quotation": ({}, ' "All of it." ', '"Half" of it.'),
    "change_case:capital_word_frequency": (
        {"capital_frequency": 2, "capital_relation": "at least"}, "NO, I will NOT", "No"
    ),
    "change_case:english_capital": ({}, "ALL OF THIS IS LOUD.", "Not this."),
    "change_case:english_lowercase": ({}, "all of this is quiet.", "Not this."),
    "punctuation:no_comma": ({}, "No comma here.", "One, here."),
}  # fmt: skip


def test_every_instruction_has_a_case() -> None:
    assert CASES.keys() == VERIFIERS.keys()


@pytest.mark.parametrize("name", CASES)
def test_followed_and_not(name: str) -> None:
    arguments, good, bad = CASES[name]
    instruction = Instruction.read({"id": name, **arguments, "unused": None})

    assert instruction.followed(good)
    assert not instruction.followed(bad)
    assert not instruction.followed("  ")


@pytest.mark.parametrize(
    ("text", "number"),
    [("One. Two! Three?", 3), ("Dr. Smith paid 3.50. Why?", 2), ("No mark", 1), ("", 0), ("…", 0), ("Wait… what?", 2),
     ("第一句。第二句。", 2)],
)  # fmt: skip
def test_sentences_are_counted(text: str, number: int) -> None:
    assert sentences(text) == number


def test_a_sample_carries_its_instructions() -> None:
    tests = json.dumps({"instructions": [{"id": "punctuation:no_comma"}, {"id": "startend:quotation"}]})

    finding = run_check("instructions", make_sample("No comma.", tests=tests))

    assert (finding.value, finding.label) == (0.5, "startend:quotation")
    assert run_check("instructions", make_sample("Hi")).label == "not_applicable"
    assert run_check("instructions", make_sample("", tests=tests)).value == 0.0


def test_loose_lets_a_first_line_and_asterisks_go() -> None:
    tests = json.dumps({"instructions": [{"id": "startend:quotation"}]})
    sample = make_sample('Sure, here it is:\n*"All of it."*', tests=tests)

    assert run_check("instructions", sample).value == 0.0
    assert run_check("instructions", sample, loose=True).value == 1.0


@pytest.mark.parametrize("said", [{"id": "no:such"}, {"id": "punctuation:no_comma", "x": 1}, {}, 7])
def test_what_cannot_be_verified_is_refused(said: object) -> None:
    with pytest.raises(InvalidConfig):
        make_scorer("instructions", always=[said])
    if isinstance(said, dict):
        found = run_check("instructions", make_sample("x", tests=json.dumps({"instructions": [said]})))
        assert found.label == "bad_instructions"
