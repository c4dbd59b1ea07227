"""Draws, budgets, routes and verdicts."""

import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Route, RouteTo, Score, Verdict
from monitor.policy import HOUR_MS, Budget, Composite, Decision, Purse, Routing, Rule, draw
from tests.builders import make_sample, make_score

FINE = Decision(1.0, Verdict.PASS, "")
HOUR = 500_000
START = HOUR * HOUR_MS


def route(
    policy: Routing, number: int, *, scores: tuple[Score, ...] = (), purse: Purse | None = None, at: int = START
) -> Route:
    return policy.route(make_sample(id=UUID(int=number)), scores, FINE, purse, at)


@given(st.text(), st.text(max_size=80))
def test_a_draw_is_a_number_below_one_and_always_the_same(key: str, salt: str) -> None:
    number = draw(key, salt=salt)

    assert 0 <= number < 1
    assert number == draw(key, salt=salt)


def test_draws_are_uniform() -> None:
    """Kolmogorov-Smirnov: the largest gap to the uniform distribution, against its 0.1 % bound 1.95/√n."""
    n = 20_000
    numbers = sorted(draw(str(i), salt="s") for i in range(n))

    assert max(max(abs(x - i / n), abs(x - (i + 1) / n)) for i, x in enumerate(numbers)) < 1.95 / n**0.5


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 10_000))
def test_a_larger_share_selects_all_that_a_smaller_one_does(a: float, b: float, number: int) -> None:
    small, large = sorted((a, b))

    if route(Routing(share=small), number).to is RouteTo.JUDGE:
        assert route(Routing(share=large), number).to is RouteTo.JUDGE


def test_a_trace_is_seen_whole_or_not_at_all() -> None:
    policy = Routing(share=0.5)

    for trace in map(str, range(50)):
        ends = {policy.route(make_sample(id=UUID(int=n), trace_id=trace), (), FINE, None, START).to for n in range(5)}
        assert len(ends) == 1


def test_the_share_that_is_drawn_is_the_share_that_is_logged() -> None:
    routes = [route(Routing(share=0.1), n) for n in range(20_000)]

    assert {r.inclusion for r in routes} == {0.1}
    assert sum(r.to is RouteTo.JUDGE for r in routes) / 20_000 == pytest.approx(0.1, abs=0.01)


def test_a_rule_wins_where_it_wants_more_than_the_share() -> None:
    policy = Routing(share=0.0, rules=(Rule(check="secrets", below=1.0, name="a secret"),))

    assert route(policy, 1, scores=(make_score(0.0, "secrets"),)).reason == "a secret"
    assert route(policy, 1, scores=(make_score(0.0, "secrets"),)).inclusion == 1.0
    assert route(policy, 1, scores=(make_score(1.0, "secrets"),)).to is RouteTo.NOBODY
    assert route(policy, 1, scores=(make_score(None, "secrets"),)).inclusion == 0.0


@pytest.mark.parametrize(
    ("rule", "value", "matches"),
    [
        (Rule(check="a", below=0.5), 0.5, False),
        (Rule(check="a", below=0.5), 0.49, True),
        (Rule(check="a", at_least=0.5), 0.5, True),
        (Rule(check="a", missing=True), None, True),
        (Rule(check="a", missing=True), 0.1, False),
        (Rule(check="a", below=0.5), None, False),
        (Rule(check="a"), 0.7, True),
    ],
)
def test_rules(rule: Rule, value: float | None, matches: bool) -> None:
    assert rule.matches(value) is matches


def test_policies_that_may_decide_differently_have_different_versions() -> None:
    policies = [
        Routing(share=0.1),
        Routing(share=0.2),
        Routing(share=0.1, salt="x"),
        Routing(share=0.1, rules=(Rule(check="a"),)),
        Routing(share=0.1, budget=Budget(per_hour=1)),
    ]

    assert len({policy.version for policy in policies}) == len(policies)
    assert Routing(share=0.1).version == Routing(share=0.1).version


@given(st.integers(0, 1000), st.integers(1, 64), st.integers(0, 10**6))
def test_the_partitions_shares_add_up_to_the_budget(per_hour: int, partitions: int, hour: int) -> None:
    budget = Budget(per_hour=per_hour, partitions=partitions)

    assert sum(budget.share_of(partition, hour) for partition in range(partitions)) == per_hour


@given(
    st.integers(0, 50),
    st.floats(0, 1),
    st.lists(st.integers(0, 2 * HOUR_MS), min_size=1, max_size=400).map(sorted),
)
def test_a_budget_is_never_exceeded(per_hour: int, share: float, times: list[int]) -> None:
    policy = Routing(share=share, budget=Budget(per_hour=per_hour))
    purse = Purse(Budget(per_hour=per_hour), 0)
    spent = {0: 0, 1: 0, 2: 0}
    for number, time in enumerate(times):
        spent[time // HOUR_MS] += route(policy, number, purse=purse, at=START + time).to is RouteTo.JUDGE

    assert max(spent.values()) <= per_hour


def test_a_budget_lowers_the_share_before_the_draw_and_spreads_over_the_hour() -> None:
    """10,000 samples in an hour at a share of a half and a budget of 500: all of it is spent, and not at once."""
    budget = Budget(per_hour=500)
    policy, purse = Routing(share=0.5, budget=budget), Purse(budget, 0)
    routes = [route(policy, n, purse=purse, at=START + n * 360) for n in range(10_000)]

    halves = [sum(r.to is RouteTo.JUDGE for r in routes[part * 5000 : part * 5000 + 5000]) for part in range(2)]
    assert 450 <= sum(halves) <= 500
    assert min(halves) > 150
    assert all(r.reason.endswith("lowered by the budget") for r in routes if r.inclusion < 0.5)
    assert any(r.short_of_budget for r in routes)


def test_weights_by_the_logged_probability_stay_unbiased_under_a_budget() -> None:
    """Horvitz-Thompson with the logged probabilities finds the true total, though the budget changes them."""
    chance, errors = random.Random(3), list[float]()
    for trial in range(60):
        budget = Budget(per_hour=200)
        policy, purse = Routing(share=0.5, budget=budget, salt=str(trial)), Purse(budget, 0)
        truth, estimate = 0, 0.0
        for number in range(2_000):
            failed = chance.random() < 0.2
            decided = route(policy, number, purse=purse, at=START + number * 1700)
            truth += failed
            if decided.to is RouteTo.JUDGE and failed:
                estimate += 1 / decided.inclusion
        errors.append((estimate - truth) / truth)

    mean = sum(errors) / len(errors)
    spread = (sum((e - mean) ** 2 for e in errors) / len(errors)) ** 0.5
    assert abs(mean) < 3 * spread / len(errors) ** 0.5


@given(st.lists(st.tuples(st.integers(0, 600_000), st.booleans()), min_size=2, max_size=60), st.data())
def test_a_purse_that_is_recalled_is_the_purse_that_was_left(
    steps: list[tuple[int, bool]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(steps) - 1))
    now, seen = START, list[tuple[int, bool]]()
    purse = Purse(Budget(per_hour=30), 0)
    for wait, judged in steps[:cut]:
        now += wait
        seen.append((now, judged))
        purse.share(0.5, now)
        purse.take(judged=judged)

    other = Purse(Budget(per_hour=30), 0)
    for hour in sorted({at // HOUR_MS for at, _ in seen}):
        mine = [(at, judged) for at, judged in seen if at // HOUR_MS == hour]
        other.recall(hour, mine[0][0], len(mine), sum(judged for _, judged in mine))

    for wait, judged in steps[cut:]:
        now += wait
        assert other.share(0.5, now) == purse.share(0.5, now)
        for each in (purse, other):
            each.take(judged=judged)


def test_the_blend_is_weighted() -> None:
    scores = [make_score(1.0, "a"), make_score(0.0, "b"), make_score(None, "c")]

    assert Composite().decide(scores).value == 0.5
    assert Composite(weights={"a": 3.0}).decide(scores).value == 0.75
    assert Composite(weights={"b": 0.0}).decide(scores).value == 1.0


def test_a_failed_gate_fails_whatever_the_blend() -> None:
    scores = [make_score(1.0, str(n)) for n in range(20)] + [make_score(0.9, "g", why="a secret")]

    decision = Composite(gates=frozenset({"g"})).decide(scores)

    assert decision.verdict is Verdict.FAIL
    assert decision.because == "gate g: a secret"


def test_a_gate_without_a_value_fails_nobody() -> None:
    assert Composite(gates=frozenset({"g"})).decide([make_score(None, "g"), make_score(1.0)]).verdict is Verdict.PASS


@pytest.mark.parametrize(("value", "verdict"), [(0.49, "fail"), (0.5, "unsure"), (0.79, "unsure"), (0.8, "pass")])
def test_thresholds(value: float, verdict: str) -> None:
    assert Composite().decide([make_score(value)]).verdict == verdict


def test_nothing_to_blend_is_no_verdict() -> None:
    decision = Composite().decide([make_score(None)])

    assert (decision.value, decision.verdict) == (None, Verdict.UNSURE)


@given(st.lists(st.tuples(st.floats(0, 1) | st.none(), st.sampled_from([0.0, 0.1, 1.0, 7.5])), max_size=8))
def test_the_blend_lies_between_its_parts_and_the_reason_names_the_worst(
    parts: list[tuple[float | None, float]],
) -> None:
    scores = [make_score(value, str(n)) for n, (value, _) in enumerate(parts)]
    weights = {str(n): weight for n, (_, weight) in enumerate(parts)}

    decision = Composite(weights=weights).decide(scores)

    given = [value for (value, weight) in parts if value is not None and weight > 0]
    if decision.value is not None:
        assert min(given) - 1e-9 <= decision.value <= max(given) + 1e-9
        worst = max(scores, key=lambda s: 0.0 if s.value is None else weights[s.scorer] * (1 - s.value))
        assert (
            decision.value == 1.0
            or decision.because == "every check is clean"
            or f"{worst.scorer} takes" in decision.because
        )
