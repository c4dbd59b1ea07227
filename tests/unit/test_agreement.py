"""Agreement against the libraries that the field trusts, and against published figures."""

import importlib
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from math import exp, sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats import Agreement, Rating, Ratings, agreement

krippendorff: Any = importlib.import_module("krippendorff")
sklearn: Any = importlib.import_module("sklearn.metrics")
statsmodels: Any = importlib.import_module("statsmodels.stats.inter_rater")

Said = Sequence[int | None]
"""What each rater said of one item."""

SAID = st.lists(st.lists(st.none() | st.integers(1, 4), min_size=3, max_size=3), min_size=2, max_size=30)
WEIGHTS = st.lists(st.integers(1, 5), min_size=30, max_size=30)


def ratings(said: Sequence[Said], weights: Sequence[float] = (), scale: Sequence[int] = (1, 2, 3, 4)) -> Ratings:
    rows = [
        Rating(f"item {place}", rater, category, weights[place] if weights else 1.0)
        for place, item in enumerate(said)
        for rater, category in zip("abc", item, strict=False)
        if category is not None
    ]
    return Ratings.of(rows, scale)


def found(given: Ratings, **how: Any) -> dict[str, Agreement]:
    how = {"ordinal": False, "least": 0, **how}
    return {estimate.name: estimate for estimate in agreement(given, **how)}


def values(given: Ratings, **how: Any) -> Mapping[str, float | None]:
    return {name: estimate.value for name, estimate in found(given, **how).items()}


def everything(given: Ratings) -> Iterator[Agreement]:
    yield from found(given).values()
    for closeness in ("quadratic", "ordinal"):
        yield from found(given, ordinal=True, closeness=closeness).values()


@given(SAID)
@pytest.mark.parametrize("level", ["nominal", "ordinal"])
@pytest.mark.filterwarnings("ignore")
def test_alpha_is_the_librarys_with_ratings_missing(level: str, said: list[list[int | None]]) -> None:
    paired = [{given for given in item if given} for item in said if sum(given is not None for given in item) > 1]

    alpha = values(ratings(said), ordinal=level == "ordinal")[f"alpha, {level}"]

    if len(set[int]().union(*paired)) < 2:
        assert alpha is None
    else:
        data = [[float("nan") if item[rater] is None else item[rater] for item in said] for rater in range(3)]
        assert alpha == pytest.approx(krippendorff.alpha(data, level_of_measurement=level), abs=1e-9)


@given(st.lists(st.lists(st.integers(1, 4), min_size=3, max_size=3), min_size=2, max_size=30))
@pytest.mark.filterwarnings("ignore")
def test_alpha_is_fleiss_kappa_but_for_small_samples(said: list[list[int]]) -> None:
    alpha = values(ratings(said))["alpha, nominal"]

    if alpha is not None:
        kappa = statsmodels.fleiss_kappa([[item.count(category) for category in (1, 2, 3, 4)] for item in said])
        made = 3 * len(said)
        assert (1 - alpha) * made / (made - 1) == pytest.approx(1 - kappa)


GWET: Sequence[Said] = [
    (1, 1, None, 1), (2, 2, 3, 2), (3, 3, 3, 3), (3, 3, 3, 3), (2, 2, 2, 2), (1, 2, 3, 4),
    (4, 4, 4, 4), (1, 1, 2, 1), (2, 2, 2, 2), (None, 5, 5, 5), (None, None, 1, 1), (None, None, 3, None),
]  # fmt: skip
"""Twelve subjects, four raters, five categories: irrCAC's cac.raw4raters, from Gwet's handbook."""


def test_the_handbooks_example_with_ratings_missing() -> None:
    rows = [Rating(str(n), str(r), c) for n, item in enumerate(GWET) for r, c in enumerate(item) if c is not None]

    estimates = values(Ratings.of(rows))

    assert estimates == pytest.approx({"raw agreement": 0.8181818, "alpha, nominal": 0.743421, "AC1": 0.775444})


ABSTRACTORS = {(1, 1): 13, (2, 2): 20, (2, 3): 7, (3, 2): 4, (3, 3): 56}
"""Two raters of a hundred records: cont3x3abstractors of irrCAC and its vignette, AC2 by irrcac 0.4.4."""


def test_the_handbooks_example_of_two_raters() -> None:
    given = ratings([pair for pair, times in ABSTRACTORS.items() for _ in range(times)], scale=(1, 2, 3))

    nominal = {"raw agreement": 0.89, "alpha, nominal": 0.7972585, "AC1": 0.8493305}
    assert values(given) == pytest.approx(nominal)
    assert values(given, ordinal=True)["AC2, quadratic"] == pytest.approx(0.9402368793)
    assert values(given, ordinal=True, closeness="ordinal")["AC2, ordinal"] == pytest.approx(0.9251916963)


@pytest.mark.parametrize(
    ("prevalence", "alpha", "ac1"),
    [(0.5, 0.810, 0.810), (0.2, 0.732, 0.853), (0.08, 0.557, 0.879), (0.02, 0.251, 0.891)],
)
def test_two_raters_of_constant_quality_look_worse_to_alpha_where_failures_are_rare(
    prevalence: float, alpha: float, ac1: float
) -> None:
    n, right = 20_000, 0.95
    fail = prevalence * right**2 + (1 - prevalence) * (1 - right) ** 2
    cells = {(1, 1): fail, (1, 2): right * (1 - right), (2, 1): right * (1 - right)}
    said = [pair for pair, share in cells.items() for _ in range(round(n * share))]
    said += [(2, 2)] * (n - len(said))

    estimates = values(ratings(said, scale=(1, 2)))

    assert estimates == pytest.approx({"raw agreement": 0.905, "alpha, nominal": alpha, "AC1": ac1}, abs=0.0006)
    assert estimates["alpha, nominal"] == pytest.approx(
        sklearn.cohen_kappa_score([a for a, _ in said], [b for _, b in said]), abs=1e-4
    )


@given(SAID, WEIGHTS, st.randoms(use_true_random=False))
def test_neither_the_order_of_items_nor_who_is_who_changes_a_value(
    said: list[list[int | None]], weights: list[int], chance: random.Random
) -> None:
    order, raters = chance.sample(range(len(said)), len(said)), chance.sample(range(3), 3)

    moved = ratings([[said[place][rater] for rater in raters] for place in order], [weights[place] for place in order])

    before, after = ([(e.value, e.low, e.high) for e in everything(given)] for given in (ratings(said, weights), moved))
    for one, other in zip(before, after, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


@given(SAID, WEIGHTS, st.sampled_from([0.1, 7.0]))
def test_the_unit_of_the_weights_changes_nothing(said: list[list[int | None]], weights: list[int], unit: float) -> None:
    scaled = ratings(said, [weight * unit for weight in weights])

    for one, other in zip(everything(ratings(said, weights)), everything(scaled), strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-6)


@given(SAID, st.lists(st.integers(1, 2), min_size=30, max_size=30))
def test_a_weight_of_two_is_the_item_twice(said: list[list[int | None]], weights: list[int]) -> None:
    listed = [item for item, weight in zip(said, weights, strict=False) for _ in range(weight)]

    for one, other in zip(everything(ratings(said, weights)), everything(ratings(listed)), strict=True):
        if one.name.startswith("alpha") and one.value is not None and other.value is not None:
            # alpha corrects for few ratings: a weight makes no more of them, a list that is longer does
            few, many = paired(said), paired(listed)
            assert (1 - one.value) * few / (few - 1) == pytest.approx((1 - other.value) * many / (many - 1))
        else:
            assert one.value == pytest.approx(other.value)


def paired(said: Sequence[Said]) -> int:
    sizes = [sum(category is not None for category in item) for item in said]
    return sum(size for size in sizes if size > 1)


@given(SAID, WEIGHTS)
def test_intervals_hold_their_value_and_nothing_is_above_one(said: list[list[int | None]], weights: list[int]) -> None:
    for estimate in everything(ratings(said, weights)):
        if estimate.value is not None:
            assert estimate.low is not None
            assert estimate.high is not None
            assert estimate.low <= estimate.value + 1e-12 <= estimate.high + 2e-12
            assert estimate.high <= 1.0


def test_sensitivity_and_specificity_are_of_the_rater_who_is_no_reference() -> None:
    said = [("fail", "fail")] * 8 + [("fail", "unsure")] * 2 + [("pass", "pass")] * 27 + [("unsure", "fail")] * 3
    rows = [Rating(str(n), who, c) for n, pair in enumerate(said) for who, c in zip(("people", "judge"), pair)]  # noqa: B905

    estimates = found(Ratings.of(rows), reference="people", least=10)

    assert [*estimates] == ["raw agreement", "alpha, nominal", "AC1", "sensitivity", "specificity"]
    assert (estimates["sensitivity"].value, estimates["sensitivity"].n) == (0.8, 10)
    assert (estimates["specificity"].value, estimates["specificity"].n) == (0.9, 30)
    assert estimates["sensitivity"].low == pytest.approx(0.490, abs=0.001)  # Wilson's for 8 of 10


def test_weights_make_up_for_what_was_drawn_more_often() -> None:
    """Of 100 failures all were drawn, of 900 passes a tenth: nine of ten are found, and one of thirty is accused."""
    said: Sequence[Said] = [(1, 1)] * 90 + [(1, 2)] * 10 + [(2, 2)] * 87 + [(2, 1)] * 3
    weights = [1.0] * 100 + [10.0] * 90

    estimates = found(ratings(said, weights, (1, 2)), reference="a", failing={1})

    assert estimates["raw agreement"].value == pytest.approx(960 / 1000)
    assert estimates["specificity"].value == pytest.approx(870 / 900)
    assert estimates["raw agreement"].n == 190
    whole: Sequence[Said] = [(1, 1)] * 90 + [(1, 2)] * 10 + [(2, 2)] * 870 + [(2, 1)] * 30
    assert values(ratings(said, weights, (1, 2)))["AC1"] == pytest.approx(values(ratings(whole, (), (1, 2)))["AC1"])


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("alpha, nominal", {}),
        ("AC1", {}),
        ("alpha, ordinal", {"ordinal": True}),
        ("AC2, quadratic", {"ordinal": True}),
        ("AC2, ordinal", {"ordinal": True, "closeness": "ordinal"}),
    ],
)
def test_intervals_rest_on_what_each_item_pulls(name: str, how: dict[str, Any]) -> None:
    chance = random.Random(9)
    said = [[chance.randint(1, 4), *chance.choices([1, 2, 3, 4], k=2)] for _ in range(25)]
    weights = [chance.uniform(1, 5) for _ in said]
    estimate = found(ratings(said, weights), **how)[name]

    pulls: list[float] = []
    for place in range(len(said)):
        lighter = [weight * (0.9 if place == other else 1.0) for other, weight in enumerate(weights)]
        pulls.append(((estimate.value or 0.0) - (values(ratings(said, lighter), **how)[name] or 0.0)) / 0.1)
    ratio, error = 1 - (estimate.value or 0.0), sqrt(sum(pull**2 for pull in pulls) * 25 / 24)

    factor = exp(1.959964 * error / ratio)
    assert (estimate.low, estimate.high) == pytest.approx((max(1 - ratio * factor, -1.0), 1 - ratio / factor), abs=1e-6)


@pytest.mark.parametrize("drawn", [1.0, 0.3])
def test_intervals_hold_the_truth_as_often_as_they_say(drawn: float) -> None:
    """Failures are all drawn, passes by ``drawn``; two raters, each 90 % accurate, prevalence .2."""
    chance, hits, runs = random.Random(8), {"raw agreement": 0, "alpha, nominal": 0, "AC1": 0}, 1_000
    truth = {"raw agreement": 0.82, "alpha, nominal": 1 - 0.18 / (2 * 0.26 * 0.74), "AC1": 1 - 0.18 / (1 - 0.3848)}
    for _ in range(runs):
        said: list[Said] = []
        weights: list[float] = []
        for _ in range(200):
            fails = chance.random() < 0.2
            if fails or chance.random() < drawn:
                said.append([1 if fails == (chance.random() < 0.9) else 2 for _ in "ab"])
                weights.append(1.0 if fails else 1 / drawn)
        for name, estimate in found(ratings(said, weights, (1, 2))).items():
            hits[name] += (estimate.low or 0.0) <= truth[name] <= (estimate.high or 0.0)

    assert all(0.93 <= times / runs <= 0.97 for times in hits.values()), hits


def test_too_few_items_say_nothing_however_heavy_they_are() -> None:
    said: Sequence[Said] = [(1, 1)] * 20 + [(2, 1)] * 9

    few = agreement(ratings(said, scale=(1, 2)), ordinal=False, reference="a", failing={1})
    lopsided = agreement(ratings([*said, (1, 1)], [1.0] * 29 + [100.0]), ordinal=True)

    assert [(e.value, e.low, e.because) for e in few] == [(None, None, "insufficient")] * 5
    assert [e.n for e in few] == [29, 29, 29, 20, 9]
    assert {e.because for e in lopsided} == {"insufficient"}
    assert [e.value is None for e in agreement(ratings([*said, (1, 1)]), ordinal=False)] == [False] * 3


def test_nothing_rated_is_insufficient() -> None:
    alone = Ratings.of([Rating("1", "judge", "fail")])

    for rated in (Ratings.of([]), alone):
        estimates = agreement(rated, ordinal=False, reference="people")
        assert {(e.value, e.n, e.because) for e in estimates} == {(None, 0, "insufficient")}


@pytest.mark.parametrize("scale", [(1,), (1, 2)])
def test_one_category_alone_leaves_alpha_undefined_and_ac1_at_one(scale: Sequence[int]) -> None:
    estimates = found(ratings([(1, 1)] * 50, scale=scale))

    assert (estimates["alpha, nominal"].value, estimates["alpha, nominal"].because) == (None, "undefined")
    assert (estimates["AC1"].value, estimates["AC1"].high) == (1.0, 1.0)
    assert 0.9 < (estimates["AC1"].low or 0.0) < 1.0  # fifty items are no proof
    assert values(ratings([(1, 1)] * 50, scale=scale), ordinal=True)["AC2, quadratic"] == 1.0


def test_text_has_an_order_only_when_a_scale_gives_it() -> None:
    rows = [Rating("1", "a", "low"), Rating("1", "b", "high"), Rating("2", "a", "mid"), Rating("2", "b", "mid")]

    ordered = values(Ratings.of(rows, ("low", "mid", "high")), ordinal=True)

    assert (
        ordered["AC2, quadratic"] == values(ratings([(1, 3), (2, 2)], scale=(1, 2, 3)), ordinal=True)["AC2, quadratic"]
    )
    with pytest.raises(ValueError, match="order"):
        agreement(Ratings.of(rows), ordinal=True)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([Rating("1", "a", 9)], "not on the scale"),
        ([Rating("1", "a", 1), Rating("1", "a", 2)], "rated twice"),
        ([Rating("1", "a", 1, 2.0), Rating("1", "b", 1, 3.0)], "one weight"),
        ([Rating("1", "a", 1, 0.0)], "positive"),
        ([Rating("1", "a", 1, float("nan"))], "positive"),
    ],
)
def test_what_cannot_be_is_refused(rows: list[Rating], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Ratings.of(rows, (1, 2))


def test_a_rating_of_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="left out"):
        Ratings.of([Rating("1", "a", float("nan"))])


def test_a_reference_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="'people' is not one of two"):
        agreement(ratings([(1, 1)]), ordinal=True, reference="people")
    with pytest.raises(ValueError, match="not one of two"):
        agreement(ratings([(1, 1, 2)]), ordinal=True, reference="a")
    with pytest.raises(ValueError, match="which numbers"):
        agreement(ratings([(1, 1)]), ordinal=True, reference="a")


def test_twenty_thousand_items_with_weights_of_their_own_take_less_than_two_seconds() -> None:
    chance = random.Random(1)
    said = [[chance.randint(1, 4), chance.randint(1, 4)] for _ in range(20_000)]
    given = ratings(said, [chance.uniform(1, 30) for _ in said])

    started = time.process_time()
    agreement(given, ordinal=True, reference="a", failing={1, 2})

    assert time.process_time() - started < 2.0
