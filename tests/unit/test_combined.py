"""Scores made of scores: what they come to, what they say, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.memory import MemoryStore
from monitor.model import Score
from monitor.policy import Combined, Kind, combine, ordered
from tests.builders import make_call, make_evaluate, make_record, make_score
from tests.unit.test_settings import problems

SCORES = [make_score(0.9, "a"), make_score(0.4, "b", why="too short"), make_score(None, "c")]


def combined(kind: str, *parts: str, name: str = "all", needs_all: bool = False, **weights: float) -> Combined:
    return Combined(
        name=name, kind=Kind(kind), weights={p: weights.get(p, 1.0) for p in parts}, needs_all=needs_all
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "value", "why"),
    [
        (combined("mean", "a", "b"), 0.65, "mean of 1 × a 0.90, 1 × b 0.40 = 0.65"),
        (combined("mean", "a", "b", a=3.0), 0.775, "mean of 3 × a 0.90, 1 × b 0.40 = 0.78"),
        (combined("mean", "a", "c"), 0.9, "mean of 1 × a 0.90 = 0.90"),
        (combined("minimum", "a", "b"), 0.4, "least of a 0.90, b 0.40: b, too short"),
        (combined("harmonic", "a", "b"), 2 / (1 / 0.9 + 1 / 0.4), "harmonic mean of 1 × a 0.90, 1 × b 0.40 = 0.55"),
        (combined("first", "c", "b", "a"), 0.4, "b 0.40: too short"),
        (combined("first", "c"), None, "without c"),
        (combined("mean", "a", "c", needs_all=True), None, "without c"),
        (combined("mean", "nobody"), None, "without nobody"),
    ],
)
def test_what_they_come_to_and_say(one: Combined, value: float | None, why: str) -> None:
    score = combine(SCORES, [one])[-1]

    assert score.scorer == "all"
    assert score.value == (None if value is None else pytest.approx(value))
    assert score.why == why
    assert score.passed is (None if value is None else value >= 0.5)


VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=6)


@given(VALUES)
def test_the_harmonic_mean_lies_between_the_least_and_the_mean(values: list[float]) -> None:
    scores = [make_score(value, f"s{n}") for n, value in enumerate(values)]
    least, harmonic, mean = (
        combine(scores, [combined(kind, *(s.scorer for s in scores))])[-1].value or 0.0
        for kind in ("minimum", "harmonic", "mean")
    )

    assert least - 1e-9 <= harmonic <= mean + 1e-9


def test_one_may_be_made_of_another_whatever_the_order() -> None:
    outer = combined("minimum", "inner", "a", name="outer")
    inner = combined("mean", "a", "b", name="inner")

    scores = {score.scorer: score for score in combine(SCORES, ordered([outer, inner]))}

    assert scores["outer"].value == pytest.approx(0.65)


def test_circles_are_named() -> None:
    one, other = combined("mean", "y", name="x"), combined("mean", "x", name="y")

    with pytest.raises(ValueError, match="x → y → x"):
        ordered([one, other])


def test_nothing_combined_changes_nothing() -> None:
    assert combine(SCORES, []) == tuple(SCORES)


@pytest.mark.parametrize(
    ("text", "path", "says"),
    [
        ('[default.combined.q]\nof = ["no_such"]', "default.combined.q.of", "no such check runs"),
        ('[default.combined.q]\nof = ["q"]', "default.combined", "round in circles: q → q"),
        ('[default.combined.length]\nof = ["json"]', "default.combined.length", "a check has this name"),
        ("[default.combined.q]\nof = []", "default.combined.q.of", "at least 1"),
        ('[default.combined.q]\nof = ["json"]\nkind = "best"', "default.combined.q.kind", "'mean'"),
        ('[default.combined.q]\nof = ["json"]\nweights = {length = 2.0}', "default.combined.q", "not among its parts"),
        ('[default.combined.q]\nof = ["json"]\nweights = {json = 0.0}', "default.combined.q.weights.json", "greater"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, path: str, says: str, tmp_path: Path) -> None:
    assert says in problems(text, tmp_path)[path]


async def test_a_reference_where_there_is_one_else_relevance(tmp_path: Path) -> None:
    from monitor.settings import load

    (tmp_path / "e.toml").write_text(
        '[default.checks]\nbleu = true\n[default.combined.quality]\nkind = "first"\nof = ["bleu", "relevance"]\n'
        '[default.verdict]\nweights = {quality = 5.0}\ngates = ["quality"]\n'
    )
    store = MemoryStore()
    evaluate = make_evaluate(load(tmp_path / "e.toml", {}), store=store)
    asked = "When does the ferry to Bergen leave every morning?"
    calls = [
        make_call(id="1", input=asked, output="The ferry to Bergen leaves at eight.", reference="Bananas are yellow."),
        make_call(id="2", input=asked, output="The ferry to Bergen leaves every morning at eight."),
    ]

    await evaluate.settle(await evaluate.work([make_record(calls)]))

    first, second = sorted(store.rows.values(), key=lambda row: row.sample.index)
    quality: dict[int, Score] = {
        row.sample.index: next(score for score in row.scores if score.scorer == "quality") for row in (first, second)
    }
    assert quality[0].why.startswith("bleu")
    assert quality[1].why.startswith("relevance")
    assert first.because.startswith("gate quality: bleu")
    assert second.verdict == "pass"
