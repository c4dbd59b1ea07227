"""How fast an endpoint is asked: calls at once, a rate, and a pause when it fails."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.memory import ScriptedJudge
from monitor.pipeline.endpoint import Endpoint, same_model
from monitor.policy import Breaker, Circuit, Rate, Width
from tests.builders import make_endpoint


def test_a_width_begins_at_its_most_shrinks_at_a_refusal_and_grows_again() -> None:
    width = Width(10)

    width.refused(100.0)
    shrunk = width.calls
    for _ in range(40):
        width.went_well()

    assert (shrunk, width.calls) == (7, 10)


def test_refusals_of_one_round_trip_count_once() -> None:
    width = Width(100)

    for moment in (0.0, 0.1, 0.5, 0.9, 1.0):
        width.refused(moment)

    assert width.calls == 49


@pytest.mark.parametrize(("refused", "least"), [(0.0, 100), (0.3, 20), (1.0, 1)])
def test_a_width_gives_way_by_the_share_that_is_refused(refused: float, least: int) -> None:
    width, now = Width(100), 0.0

    for call in range(20_000):
        now += 0.2 / width.calls  # calls take 0.2 s each
        if call % 10 < refused * 10:
            width.refused(now)
        else:
            width.went_well()

    assert width.calls >= least
    assert width.calls < 100 or not refused


def test_a_full_round_that_went_well_adds_one_call() -> None:
    width = Width(100, now=20.0)

    for _ in range(20):
        width.went_well()

    assert width.now == pytest.approx(21, abs=0.1)


@given(st.integers(1, 50), st.lists(st.one_of(st.none(), st.floats(0, 100))))
def test_a_width_never_leaves_its_bounds(most: int, events: list[float | None]) -> None:
    width = Width(most)

    for refused_at in events:
        width.went_well() if refused_at is None else width.refused(refused_at)

        assert 1 <= width.calls <= most


def test_a_rate_lets_ten_seconds_worth_go_at_once_and_the_rest_evenly() -> None:
    rate = Rate(60)

    waits = [rate.wait(1, now=0.0) for _ in range(13)]

    assert waits == [0.0] * 10 + [1.0, 2.0, 3.0]


def test_a_rate_fills_again_while_nobody_asks() -> None:
    rate = Rate(60)
    for _ in range(12):
        rate.wait(1, now=0.0)

    assert (rate.wait(1, now=3.0), rate.wait(1, now=3.0)) == (0.0, 1.0)


def test_an_amount_of_more_than_all_waits_no_longer_than_for_all() -> None:
    rate = Rate(600)

    assert (rate.wait(9_999, now=0.0), rate.wait(9_999, now=0.0)) == (0.0, 10.0)


@given(st.floats(1, 10_000), st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 50)), min_size=1, max_size=50))
def test_no_more_is_used_than_the_rate_and_one_bucket(per_minute: float, asked: list[tuple[float, float]]) -> None:
    rate, now, taken, last = Rate(per_minute), 0.0, 0.0, 0.0

    for pause, amount in asked:
        now += pause
        last = max(last, now + rate.wait(amount, now))
        taken += min(amount, rate.depth)

    assert taken <= rate.depth + last * per_minute / 60 + 1e-6 * taken + 1e-6


def test_a_clock_that_goes_back_gives_nothing() -> None:
    rate = Rate(60)
    for _ in range(10):
        rate.wait(1, now=100.0)

    assert rate.wait(1, now=50.0) == 1.0


def test_a_circuit_opens_after_failures_in_a_row_only() -> None:
    circuit = Circuit(Breaker(failures=3))

    circuit.broke(0.0)
    circuit.broke(0.0)
    circuit.succeeded()
    opened = [circuit.broke(0.0) for _ in range(3)]

    assert opened == [False, False, True]
    assert not circuit.allows(1.0)


def test_after_the_pause_one_call_tries_and_the_others_wait_for_it() -> None:
    circuit = Circuit(Breaker(failures=1, pause=30))
    circuit.broke(0.0)

    assert [circuit.allows(29.0), circuit.allows(30.0), circuit.allows(30.0)] == [False, True, False]


@pytest.mark.parametrize(("well", "then"), [(True, [True, True]), (False, [False, False])])
def test_the_call_that_tries_decides_for_all(well: bool, then: list[bool]) -> None:
    circuit = Circuit(Breaker(failures=5, pause=30))
    for _ in range(5):
        circuit.broke(0.0)
    circuit.allows(30.0)

    circuit.succeeded() if well else circuit.broke(31.0)

    assert [circuit.allows(60.0), circuit.allows(60.0)] == then


def test_a_call_that_gave_up_lets_another_one_try() -> None:
    circuit = Circuit(Breaker(failures=1, pause=30))
    circuit.broke(0.0)
    circuit.allows(30.0)

    circuit.gave_up()

    assert circuit.allows(30.0)


async def hold(endpoint: Endpoint, entered: list[int], number: int, done: asyncio.Event) -> None:
    async with endpoint.room():
        entered.append(number)
        await done.wait()


async def settle_down() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_calls_than_the_width_run_at_once_and_who_waits_longest_is_next() -> None:
    endpoint, entered = make_endpoint(ScriptedJudge([]), concurrency=2), list[int]()
    doors = [asyncio.Event() for _ in range(5)]
    tasks = [asyncio.create_task(hold(endpoint, entered, n, door)) for n, door in enumerate(doors)]
    await settle_down()
    first = list(entered)

    doors[1].set()
    await settle_down()
    second = list(entered)
    for door in doors:
        door.set()
    await asyncio.gather(*tasks)

    assert (first, second, entered) == ([0, 1], [0, 1, 2], [0, 1, 2, 3, 4])
    assert endpoint.under_way == 0


async def test_who_has_been_asked_before_comes_before_who_has_not() -> None:
    endpoint, order = make_endpoint(ScriptedJudge([]), concurrency=1), list[str]()

    async def enter(name: str, *, returning: bool) -> None:
        async with endpoint.room(returning=returning):
            order.append(name)
            await asyncio.sleep(0)

    calls = [("first", False), ("second", False), ("third", False), ("returns", True)]
    await asyncio.gather(*(enter(name, returning=returning) for name, returning in calls))

    assert order == ["first", "returns", "second", "third"]


async def test_a_narrower_width_is_kept_from_the_next_call_on() -> None:
    endpoint, entered, door = make_endpoint(ScriptedJudge([]), concurrency=4), list[int](), asyncio.Event()
    tasks = [asyncio.create_task(hold(endpoint, entered, n, door)) for n in range(4)]
    await settle_down()
    endpoint.width.now = 1.0
    late = asyncio.create_task(hold(endpoint, entered, 4, asyncio.Event()))
    await settle_down()
    waited = 4 not in entered

    door.set()
    await asyncio.gather(*tasks)
    await settle_down()
    late.cancel()

    assert (waited, entered[-1]) == (True, 4)


async def test_who_gives_up_waiting_or_working_leaves_no_gap() -> None:
    endpoint, entered = make_endpoint(ScriptedJudge([]), concurrency=1), list[int]()
    tasks = [asyncio.create_task(hold(endpoint, entered, n, asyncio.Event())) for n in range(3)]
    await settle_down()

    tasks[1].cancel()
    await settle_down()
    tasks[0].cancel()
    await settle_down()
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert (entered, endpoint.under_way) == ([0, 2], 0)


def test_the_stricter_of_both_rates_counts() -> None:
    endpoint = make_endpoint(ScriptedJudge([]), requests_per_minute=60.0, tokens_per_minute=600.0)

    waits = [endpoint.due(100) for _ in range(3)]

    assert waits == [0.0, 10.0, 20.0]


@pytest.mark.parametrize(
    ("asked", "said", "same"),
    [
        ("gpt-4.1-mini", "gpt-4.1-mini", True),
        ("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14", True),
        ("GPT-4.1-mini", "gpt-4.1-MINI", True),
        ("openai/gpt-4.1-mini", "gpt-4.1-mini", True),
        ("qwen3", "models/qwen3", True),
        ("claude-x", "claude-x@20250101", True),
        ("gpt-4.1-mini", "gpt-4.1-nano", False),
        ("gpt-4.1", "gpt-4.1-mini", False),
        ("judge", "judge-mini", False),
        ("a.b", "axb", False),
        ("gpt-4", "gpt-4.1", False),
    ],
)
def test_a_model_is_known_by_its_name_with_a_date_or_without_a_path(asked: str, said: str, same: bool) -> None:
    assert same_model(asked, said) is same
