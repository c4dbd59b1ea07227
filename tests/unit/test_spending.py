"""What judging may cost, and settings that would let it cost more than anybody knows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.build import build_endpoints, build_panels
from monitor.build.judges import expected_expense
from monitor.errors import InvalidConfig
from monitor.model import NOTHING, Expense, Spent
from monitor.policy import Limits, Price, affordable
from tests.builders import make_settings

ENDPOINT = {"ENDPOINTS__E__URL": "http://127.0.0.1:9/v1", "ENDPOINTS__E__MODEL": "m"}
JUDGE = {"JUDGES__J__RUBRIC": "safety", "JUDGES__J__ENDPOINTS": "e", "DEFAULT__JUDGES": "j"}
AMOUNTS = st.integers(0, 1_000)


def problems(**environment: Any) -> dict[str, str]:
    with pytest.raises(InvalidConfig) as caught:
        make_settings(**(ENDPOINT | JUDGE | environment))
    return dict(caught.value.problems)


def test_a_call_costs_what_its_question_and_its_reply_cost() -> None:
    assert Price(question=2.0, reply=8.0).of(500_000, 250_000) == 3.0


@pytest.mark.parametrize(
    ("limits", "spent", "one", "count"),
    [
        (Limits(), Spent(), Expense(1, 100, 0.1), float("inf")),
        (Limits(calls_per_hour=10), Spent(), Expense(1), 10),
        (Limits(calls_per_hour=10), Spent(hour=Expense(8)), Expense(1), 2),
        (Limits(calls_per_hour=10), Spent(hour=Expense(12)), Expense(1), 0),
        (Limits(calls_per_hour=0), Spent(), Expense(1), 0),
        (Limits(calls_per_hour=10, calls_per_day=11), Spent(NOTHING, Expense(9)), Expense(1), 2),
        (Limits(tokens_per_day=1_000), Spent(day=Expense(0, 1)), Expense(1, 100), 9),
        (Limits(money_per_hour=1.0), Spent(), Expense(1, 10, 0.1), 10),
        (Limits(money_per_hour=1.0), Spent(), Expense(1, 10, 0.0), float("inf")),
        (Limits(money_per_day=1.0, calls_per_hour=3), Spent(), Expense(1, 10, 0.1), 3),
    ],
)
def test_the_strictest_limit_says_how_many_more(limits: Limits, spent: Spent, one: Expense, count: float) -> None:
    assert affordable(limits, spent, one) == count


@given(st.integers(0, 100), AMOUNTS, AMOUNTS, st.integers(1, 50))
def test_what_is_afforded_never_passes_the_limit(limit: int, hour: int, before: int, tokens: int) -> None:
    limits = Limits(tokens_per_hour=limit, tokens_per_day=2 * limit)
    spent = Spent(Expense(0, hour), Expense(0, hour + before))

    count = affordable(limits, spent, Expense(1, tokens))

    assert count >= 0
    if count:
        assert hour + count * tokens <= limit
        assert hour + before + count * tokens <= 2 * limit


def test_a_day_is_spread_over_its_hours() -> None:
    limits = Limits(calls_per_day=240, tokens_per_hour=50_000)

    assert limits.per_hour(Expense(1, 1_000)) == 10
    assert limits.per_hour(Expense(1, 10_000)) == 5
    assert Limits().per_hour(Expense(1, 1, 1)) is None
    assert Limits(money_per_hour=1).per_hour(Expense(1, 1, 0)) is None


def test_limits_know_what_they_are_of() -> None:
    assert (Limits().any, Limits(calls_per_day=0).any) == (False, True)
    assert (Limits(tokens_per_day=1).of_money, Limits(money_per_day=0).of_money) == (False, True)


@pytest.mark.parametrize(
    "budget", ["BUDGET__MONEY_PER_DAY", "DEFAULT__BUDGET__MONEY_PER_HOUR", "APPS__SHOP__BUDGET__MONEY_PER_DAY"]
)
def test_a_budget_in_money_refuses_to_start_with_a_model_whose_price_nobody_knows(budget: str) -> None:
    found = problems(**{budget: "1"})

    assert found == {
        "endpoints.e.model": 'a budget in money needs its price: add [prices."m"] with question and reply, '
        "0 if it costs nothing"
    }


def test_a_fallback_needs_its_price_too() -> None:
    found = problems(
        BUDGET__MONEY_PER_DAY="1", PRICES='{m = {question = 1, reply = 2}}', ENDPOINTS__E__FALLBACK="f",
        ENDPOINTS__F__URL="http://127.0.0.1:9/v1", ENDPOINTS__F__MODEL="other",
    )  # fmt: skip

    assert set(found) == {"endpoints.f.model"}


def test_with_its_price_or_a_budget_in_calls_it_starts() -> None:
    priced = make_settings(**ENDPOINT, **JUDGE, BUDGET__MONEY_PER_DAY="1", PRICES="{m = {question = 1, reply = 2}}")

    assert priced.prices["m"].reply == 2
    assert make_settings(**ENDPOINT, **JUDGE, BUDGET__CALLS_PER_DAY="9").budget.calls_per_day == 9


@pytest.mark.parametrize(
    ("said", "place", "message"),
    [
        ({"JUDGES__J__ENDPOINTS": "ee"}, "judges.j.endpoints", "no such endpoint; did you mean 'e'?"),
        ({"JUDGES__J__ENDPOINTS": "e, e"}, "judges.j.endpoints", "e is named twice"),
        ({"DEFAULT__JUDGES": "jj"}, "default.judges", "there is no such judge"),
        ({"APPS__SHOP__JUDGES": "x"}, "apps.shop.judges", "there is no such judge"),
        ({"ENDPOINTS__E__FALLBACK": "x"}, "endpoints.e.fallback", "there is no such endpoint"),
        ({"ENDPOINTS__E__FALLBACK": "e"}, "endpoints.e.fallback", "has a fallback itself"),
        ({"ENDPOINTS__E__LONGEST_REPLY": "20000"}, "endpoints.e.longest_reply", "leaves too little"),
        ({"ENDPOINTS__E__URL": "ftp://x"}, "endpoints.e.url", ""),
        ({"ENDPOINTS__E__MODEL": ""}, "endpoints.e.model", ""),
        ({"ENDPOINTS__E__KEY_FILE": "/nowhere"}, "endpoints.e.key_file", "there is no file /nowhere"),
        ({"ENDPOINTS__E__CA_FILE": "/nowhere"}, "endpoints.e.ca_file", "there is no file /nowhere"),
        ({"BUDGET__CALLS_PER_HOUR": "-1"}, "budget.calls_per_hour", ""),
        ({"BUDGET__CALLS_PER_WEEK": "1"}, "budget.calls_per_week", ""),
    ],
)
def test_settings_of_judges_that_make_no_sense(said: dict[str, str], place: str, message: str) -> None:
    found = problems(**said)

    assert message in found[place]


def test_what_a_sample_is_expected_to_cost_counts_every_call() -> None:
    settings = make_settings(
        **ENDPOINT, JUDGES__J__RUBRIC="preference", JUDGES__J__ENDPOINTS="e, f", DEFAULT__JUDGES="j",
        ENDPOINTS__F__URL="http://127.0.0.1:9/v1", ENDPOINTS__F__MODEL="m", PRICES="{m = {question = 10, reply = 100}}",
        JUDGING__TOKENS_EXPECTED="1000",
    )  # fmt: skip
    panels = build_panels(settings, build_endpoints(settings))

    expense = expected_expense(settings.default, settings, panels)

    assert (expense.calls, expense.tokens, expense.money) == (4, 4_000, pytest.approx(4 * (0.009 + 0.01)))
