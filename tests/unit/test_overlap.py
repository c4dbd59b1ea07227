"""Shared words: relevance, groundedness, numbers, and the reading that they share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.checks.overlap import numbers
from monitor.checks.reading import Reading, answer
from tests.builders import make_sample, run_check

PASSAGE = "The ferry to Bergen leaves at 8:15 every morning and costs 1,250.50 crowns since 2024."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't panic!", ["don", "t", "panic"]),
        ("Fähre nach Bergen – 8 Uhr", ["fähre", "nach", "bergen", "8", "uhr"]),
        ("你好,世界", ["你", "好", "世", "界"]),
        ("สวัสดี", ["ส", "ว", "ั", "ส", "ด", "ี"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("«quoted» … “text”", ["quoted", "text"]),
        ("", []),
    ],
)
def test_words_of_every_script(text: str, words: list[str]) -> None:
    assert [word.decode() for word in Reading(text).words] == words


@given(st.text(max_size=300))
def test_no_text_whatever_breaks_a_reading(text: str) -> None:
    reading = Reading(text)

    assert reading.vocabulary == frozenset(reading.words)
    assert isinstance(numbers(reading), frozenset)


def test_an_answer_is_read_once() -> None:
    sample = make_sample("Some words.")

    assert answer(sample) is answer(sample)
    assert answer(sample).words is answer(sample).words


def test_relevance_is_the_share_of_the_prompts_words() -> None:
    prompt = "When does the ferry to Bergen leave every morning?"

    taken_up = run_check("relevance", make_sample("The ferry leaves for Bergen early every morning.", prompt=prompt))
    astray = run_check("relevance", make_sample("Bananas are yellow and quite sweet fruit.", prompt=prompt))

    assert taken_up.value == pytest.approx(4 / 5)
    assert astray.value == 0.0
    assert run_check("relevance", make_sample("x", prompt=prompt)).label == "not_applicable"


def test_groundedness_is_the_share_of_the_answers_words() -> None:
    sample = make_sample("The ferry leaves Bergen every evening for free.", context=(PASSAGE,))

    assert run_check("groundedness", sample).value == pytest.approx(4 / 6, abs=1e-3)
    assert run_check("groundedness", make_sample("x")).label == "not_applicable"


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ("It costs 1250.5 crowns since 2024.", 1.0),
        ("It costs 1,250.50 crowns.", 1.0),
        ("It costs 99 crowns since 2024.", 0.5),
        ("It leaves at 8.", None),
        ("In 1999 it cost 17.", 0.0),
    ],
)
def test_numbers_that_nobody_gave(output: str, value: float | None) -> None:
    assert run_check("numbers", make_sample(output, context=(PASSAGE,))).value == value


@pytest.mark.parametrize(
    ("output", "passes"),
    [
        ("The old harbour lies to the north of the town, and the ferry leaves from there. " * 3, True),
        ("ha" * 600, False),
        ("\n".join(["I am a loop."] * 100), False),
        ("short", True),
    ],
)
def test_what_packs_to_nothing_goes_in_circles(output: str, passes: bool) -> None:
    finding = run_check("compression", make_sample(output))

    assert (finding.value is None or finding.value >= 0.5) is passes
