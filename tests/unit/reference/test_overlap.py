"""BLEU, chrF, ROUGE and edit similarity against the libraries that define them."""

from collections.abc import Callable
from typing import Any, cast

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from monitor.checks.reference.bleu import corpus_bleu, sentence_bleu, tokens_13a
from monitor.checks.reference.chrf import corpus_chrf, sentence_chrf
from monitor.checks.reference.edit import similarity
from monitor.checks.reference.rouge import rouge
from tests.builders import make_sample, run_check

from .texts import EDGES

WORDS = st.text(alphabet="ab cé你.,-0'\n", max_size=40)
published = cast(Any, sacrebleu)

Score = Callable[[str, list[str]], float]
EQUAL: dict[str, tuple[Score, Score]] = {
    "BLEU": (sentence_bleu, lambda a, r: published.sentence_bleu(a, r).score / 100),
    "chrF": (sentence_chrf, lambda a, r: published.sentence_chrf(a, r).score / 100),
    "chrF++": (
        lambda a, r: sentence_chrf(a, r, words=2),
        lambda a, r: published.sentence_chrf(a, r, word_order=2).score / 100,
    ),
}


@pytest.mark.parametrize("name", EQUAL)
@pytest.mark.parametrize(("answer", "reference"), EDGES)
def test_edges_are_as_sacrebleu_has_them(name: str, answer: str, reference: str) -> None:
    ours, theirs = EQUAL[name]

    assert ours(answer, [reference]) == pytest.approx(theirs(answer, [reference]), abs=1e-12)


@pytest.mark.parametrize("name", EQUAL)
@given(WORDS, st.lists(WORDS, min_size=1, max_size=3))
def test_everything_else_too(name: str, answer: str, references: list[str]) -> None:
    ours, theirs = EQUAL[name]

    assert ours(answer, references) == pytest.approx(theirs(answer, references), abs=1e-12)


def test_a_corpus_is_no_mean_of_sentences() -> None:
    answers, references = [a for a, _ in EDGES], [[r] for _, r in EDGES]

    theirs = published.corpus_bleu(answers, [[r for _, r in EDGES]]).score / 100
    assert corpus_bleu(answers, references) == pytest.approx(theirs, abs=1e-12)
    theirs = published.corpus_chrf(answers, [[r for _, r in EDGES]], word_order=2).score / 100
    assert corpus_chrf(answers, references, words=2) == pytest.approx(theirs, abs=1e-12)


def test_tokens_are_mteval_13as() -> None:
    tokenizer: Any = published.BLEU(tokenize="13a").tokenizer
    for text in (text for pair in EDGES for text in pair):
        assert tokens_13a(text) == tokenizer(text.rstrip()).split()


@pytest.mark.parametrize("kind", ["rouge1", "rouge2", "rougeL", "rougeLsum"])
@pytest.mark.parametrize(("answer", "reference"), EDGES)
def test_rouge_is_as_googles(kind: str, answer: str, reference: str) -> None:
    theirs = RougeScorer([kind], use_stemmer=True)

    assert rouge(kind, answer, reference) == pytest.approx(theirs.score(reference, answer)[kind].fmeasure)


@pytest.mark.parametrize(
    ("one", "other", "value"), [("kitten", "sitting", 1 - 3 / 7), ("", "", 1.0), ("abc", "", 0.0), ("ab", "ba", 0.0)]
)
def test_edit_similarity(one: str, other: str, value: float) -> None:
    assert similarity(one, other) == pytest.approx(value)


@pytest.mark.parametrize(
    "name", ["bleu", "chrf", "chrf++", "rouge1", "rougeL", "levenshtein", "token_f1", "exact_match"]
)
def test_what_is_missing_is_said(name: str) -> None:
    assert run_check(name, make_sample("An answer.")).label == "not_applicable"
    assert run_check(name, make_sample("", references=("x",))).value == 0.0
    assert run_check(name, make_sample("the same", references=("other", "the same"))).value == pytest.approx(1.0)
