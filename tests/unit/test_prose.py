"""How texts read: against published figures and the reference libraries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from monitor.checks.prose import flesch, syllables
from monitor.checks.reading import Reading
from monitor.errors import InvalidConfig
from tests.builders import make_sample, make_scorer, run_check


@pytest.mark.parametrize(
    ("text", "ease"),
    [  # https://en.wikipedia.org/wiki/Flesch-Kincaid_readability_tests
        ("The cat sat on the mat.", 116),
        ("This sentence, taken as a reading passage unto itself, is being used to prove a point.", 69),
        ("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.", 37.5),
    ],
)
def test_reading_ease_is_what_was_published(text: str, ease: float) -> None:
    assert flesch(Reading(text)) == pytest.approx(ease, abs=0.6)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "a the strength breathe made jumped clothes world eye true"),
        (2, "table little wanted houses being science business quiet lion poem crying"),
        (3, "beautiful important banana idea animal everything remember piano radio"),
        (4, "information education definitely independent population american"),
    ],
)
def test_syllables(count: int, words: str) -> None:
    wrong = {word: syllables(word.encode()) for word in words.split() if syllables(word.encode()) != count}

    assert len(wrong) <= len(words.split()) // 5, wrong


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        ("One", 1),
        ("One. Two! Three?", 3),
        ("It costs 3.50 in U.S. dollars.", 2),
        ('He said "no." Then left', 2),
        ("一つ。二つ！三つ？", 3),
        ("… and so on…", 2),
        ("Ends here.   \n\n", 1),
        ("🧿", 1),
        ("**Bold.** More.", 2),
    ],
)
def test_sentences(text: str, sentences: int) -> None:
    assert Reading(text).sentences == sentences


@pytest.mark.parametrize(
    ("text", "letters"), [("abc", 3), ("a b\n", 4), ("a1!b", 2), ("مرحبا", 5), ("สวัสดี", 6), ("e\u0301", 2), ("🧿x", 1)]
)
def test_letters(text: str, letters: int) -> None:
    assert Reading(text).letters == letters


@given(st.text())
def test_counts_of_any_text_make_sense(text: str) -> None:
    reading = Reading(text)

    assert 0 <= reading.letters <= len(text)
    assert 0 <= reading.sentences <= len(text) + 1


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_words_are_counted_as_they_are_made(text: str) -> None:
    assert Reading(text).word_count == len(Reading(text).words)


def test_words_and_sentences_between_bounds() -> None:
    text = make_sample("One two three. Four five six.")

    assert run_check("words", text, least=1, most=6).value == 1.0
    assert run_check("words", text, most=3).value == pytest.approx(0.5, abs=0.01)
    assert run_check("words", text, least=12, most=20).label == "few"
    assert run_check("sentences", text, most=1).label == "many"
    assert run_check("sentences", text, words=2).why == "3 words a sentence, at most 2 wanted"
    with pytest.raises(InvalidConfig, match="most is 1, and must be at least 2"):
        run_check("words", text, least=2, most=1)


ENGLISH = (
    "The committee acknowledged that institutional considerations necessitated a comprehensive reevaluation of "
    "administrative responsibilities, notwithstanding considerable organizational opposition. Subsequently, "
    "representatives articulated fundamental dissatisfaction regarding implementation methodologies."
)


def test_hard_english_is_hard_and_other_languages_are_left_alone() -> None:
    plain = "I went to the shop. I got some milk. Then I came home and had a cup of tea with my friend Ann. " * 3

    assert (run_check("readability", make_sample(ENGLISH * 2)).value or 0.0) < 0.1
    assert (run_check("readability", make_sample(plain)).value or 0.0) > 0.9
    german = "Der Ausschuss hat die Angelegenheit gestern ausführlich beraten und dann einstimmig beschlossen. " * 4
    assert run_check("readability", make_sample(german)).value is None
    assert run_check("readability", make_sample("Too short.")).value is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The parcel arrives on Monday.", 1.0),
        ("It may be Monday. It arrives then.", 0.5),
        ("Perhaps it is Monday; I think it might be late, but I'm not entirely sure.", 0.0),
        ("May is a month. I might.", 1.0),
    ],
)
def test_hedging(text: str, value: float) -> None:
    assert run_check("hedging", make_sample(text)).value == value


@pytest.mark.parametrize(
    "text", ["I love this, it is wonderful!", "This is a table.", "Horrible, I hate it.", "😀", "", "not bad at all"]
)
def test_sentiment_is_vaders(text: str) -> None:
    compound = SentimentIntensityAnalyzer().polarity_scores(text)["compound"]
    found = run_check("sentiment", make_sample(text))

    assert found.value == (pytest.approx((compound + 1) / 2, abs=1e-3) if text else None)


def test_toxicity_is_scored_in_batches_and_alone_alike() -> None:
    texts = ["You are a stupid idiot and I hate you.", "Thank you for your order.", None, ""]
    samples = [make_sample(text) for text in texts]
    scorer = make_scorer("toxicity")

    together = [score.value for score in scorer.scores(samples)]

    assert together == [scorer.score(sample).value for sample in samples]
    insult, thanks, *nothing = together
    assert nothing == [None, None]
    assert insult is not None
    assert thanks is not None
    assert insult < 0.1 < 0.9 < thanks


def test_meaning_is_close_where_words_differ() -> None:
    references = ("The capital of France is Paris.", "It is Paris")
    samples = [
        make_sample("Paris is France's capital city.", references=references),
        make_sample("I like turtles.", references=references),
        make_sample("anything", references=()),
        make_sample("", references=references),
        make_sample("🧿", references=references),
    ]
    scorer = make_scorer("semantic_similarity")

    close, far, without, empty, strange = scorer.scores(samples)

    assert [score.value for score in scorer.scores(samples)] == [scorer.score(sample).value for sample in samples]
    assert (close.value or 0.0) > 0.7 > 0.4 > (far.value or 0.0)
    assert without.value is None
    assert empty.value == 0.0
    assert strange.value is not None
    same = run_check("semantic_similarity", make_sample("Same words", references=("other", "Same words")))
    assert same.value == 1.0
