"""One question of one endpoint, until there is a reply or a reason for none."""

import asyncio
import json
from uuid import UUID

import pytest

from monitor import metrics
from monitor.model import Missing, Reply, Unjudged
from monitor.policy import Breaker
from tests.builders import NOON_MS, PASSES, make_reply

from .desk import Desk, Slow, fault, make_asked, reason


async def test_a_reply_becomes_a_judgement_that_is_kept_with_what_it_took() -> None:
    desk = Desk()
    endpoint, _ = desk.endpoint(make_reply(seconds=0.5))

    judgement = await desk.ask.one(make_asked(), endpoint)

    assert json.loads(judgement.reply) == PASSES
    assert (judgement.judge, judgement.version, judgement.endpoint) == ("j", "v", "e")
    assert (judgement.tokens_in, judgement.tokens_out, judgement.cost) == (100, 10, pytest.approx(0.2))
    assert (judgement.seconds, judgement.sample, judgement.asked_ms) == (0.5, UUID(int=1), NOON_MS)
    assert desk.judging.judgements == {judgement.content: judgement}
    assert desk.calls() == {"replied": 1}


@pytest.mark.parametrize("missing", [Missing.TIMEOUT, Missing.RATE_LIMITED, Missing.ENDPOINT_ERROR])
async def test_what_passes_is_tried_again_with_longer_and_longer_pauses(missing: Missing) -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(*[fault(missing)] * 3, make_reply(), first_pause=0.5)

    await desk.ask.one(make_asked(), endpoint)

    assert (len(judge.asked), desk.waits) == (4, [0.5, 1.0, 2.0])
    assert desk.calls() == {missing.value: 3, "replied": 1}


@pytest.mark.parametrize("missing", [Missing.REFUSED, Missing.TOO_LONG, Missing.WRONG_MODEL])
async def test_what_does_not_pass_is_not_tried_again(missing: Missing) -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(fault(missing))

    found = await reason(desk.ask.one(make_asked(), endpoint))

    assert (found.missing, len(judge.asked), desk.calls()) == (missing, 1, {missing.value: 1})


async def test_attempts_come_to_an_end() -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(fault(Missing.TIMEOUT), attempts=3)

    found = await reason(desk.ask.one(make_asked(), endpoint))

    assert (found.missing, len(judge.asked)) == (Missing.TIMEOUT, 3)


@pytest.mark.parametrize(("jitter", "waited"), [(0.0, 0.25), (0.5, 0.375), (1.0, 0.5)])
async def test_pauses_are_jittered_between_half_and_all(jitter: float, waited: float) -> None:
    desk = Desk()
    desk.ask.jitter = lambda: jitter
    endpoint, _ = desk.endpoint(fault(Missing.TIMEOUT), make_reply(), first_pause=0.5)

    await desk.ask.one(make_asked(), endpoint)

    assert desk.waits == [waited]


async def test_nobody_comes_back_before_the_endpoint_said() -> None:
    desk = Desk()
    endpoint, _ = desk.endpoint(fault(Missing.RATE_LIMITED, retry_after=60.0), make_reply(), longest_pause=20.0)

    await desk.ask.one(make_asked(), endpoint)

    assert desk.waits[0] >= 60.0


async def test_who_is_told_to_wait_longer_than_patience_lasts_gives_up_at_once() -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(fault(Missing.RATE_LIMITED, retry_after=300.0), make_reply(), patience=120.0)

    found = await reason(desk.ask.one(make_asked(), endpoint))

    assert (found.missing, desk.waits, len(judge.asked)) == (Missing.RATE_LIMITED, [], 1)


async def test_patience_ends_attempts_too() -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(
        fault(Missing.TIMEOUT), attempts=20, first_pause=10.0, longest_pause=10.0, patience=35.0
    )

    await reason(desk.ask.one(make_asked(), endpoint))

    assert len(judge.asked) == 4


async def test_waiting_for_a_turn_takes_no_patience() -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(fault(Missing.RATE_LIMITED), make_reply(), concurrency=1, patience=10)

    async with endpoint.room():
        asking = asyncio.create_task(desk.ask.one(make_asked(), endpoint))
        await asyncio.sleep(0.01)
        desk.now += 1_000
    await asking

    assert len(judge.asked) == 2


async def test_a_reply_that_makes_no_sense_is_asked_about_once_with_the_error_shown() -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(make_reply("It passes."), make_reply())

    judgement = await desk.ask.one(make_asked(), endpoint)

    again = judge.asked[1].messages[-2:]
    assert (again[0].text, "it is not JSON" in again[1].text) == ("It passes.", True)
    assert (judgement.cost, judgement.tokens_in) == (pytest.approx(0.4), 200)
    assert desk.calls() == {"unparsable": 1, "replied": 1}


async def test_the_second_reply_that_makes_no_sense_is_the_last() -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(make_reply("It passes."))

    found = await reason(desk.ask.one(make_asked(), endpoint))

    assert (found.missing, len(judge.asked), found.cost) == (Missing.UNPARSABLE, 2, pytest.approx(0.4))
    assert "asked twice, and it is not JSON" in found.why


async def test_a_reply_that_was_cut_off_says_so() -> None:
    desk = Desk()
    endpoint, _ = desk.endpoint(make_reply('{"explanation": "It', cut=True))

    assert "cut off after 800 tokens" in (await reason(desk.ask.one(make_asked(), endpoint))).why


async def test_an_endpoint_that_says_no_model_is_believed() -> None:
    desk = Desk()
    endpoint, _ = desk.endpoint(make_reply(model=""))

    assert await desk.ask.one(make_asked(), endpoint)


@pytest.mark.parametrize("broken", [fault(Missing.TIMEOUT), fault(Missing.ENDPOINT_ERROR), make_reply(model="other")])
async def test_an_endpoint_that_fails_in_a_row_is_left_alone(broken: Reply | Unjudged) -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(broken, attempts=1, breaker=Breaker(failures=3, pause=30))

    reasons = [(await reason(desk.ask.one(make_asked(str(n)), endpoint))).missing for n in range(5)]

    assert reasons[3:] == [Missing.CIRCUIT_OPEN] * 2
    assert len(judge.asked) == 3
    assert desk.meter.gauges[metrics.CIRCUIT_OPEN.name, ("e",)] == 1.0


@pytest.mark.parametrize("trial", [fault(Missing.REFUSED), fault(Missing.TOO_LONG), make_reply(), make_reply("x")])
async def test_after_the_pause_any_answer_opens_the_way_again(trial: Reply | Unjudged) -> None:
    desk = Desk()
    endpoint, _ = desk.endpoint(
        *[fault(Missing.TIMEOUT)] * 2, trial, make_reply(), attempts=1, breaker=Breaker(failures=2, pause=30)
    )
    for n in range(2):
        await reason(desk.ask.one(make_asked(str(n)), endpoint))
    desk.now += 31

    await asyncio.gather(desk.ask.one(make_asked("trial"), endpoint), return_exceptions=True)
    await desk.ask.one(make_asked("after"), endpoint)

    assert desk.meter.gauges[metrics.CIRCUIT_OPEN.name, ("e",)] == 0.0


async def test_a_trial_that_is_broken_off_leaves_the_way_to_the_next() -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(fault(Missing.TIMEOUT), attempts=1, breaker=Breaker(failures=1, pause=30))
    await reason(desk.ask.one(make_asked("1"), endpoint))
    desk.now += 31
    endpoint.judge = Slow()
    broken_off = asyncio.create_task(desk.ask.one(make_asked("2"), endpoint))
    await asyncio.sleep(0.01)

    broken_off.cancel()
    await asyncio.gather(broken_off, return_exceptions=True)
    endpoint.judge = judge
    judge.replies = [make_reply()]

    assert await desk.ask.one(make_asked("3"), endpoint)


async def test_refusals_narrow_the_width_and_rates_are_waited_for() -> None:
    desk = Desk()
    endpoint, _ = desk.endpoint(
        fault(Missing.RATE_LIMITED), make_reply(), concurrency=10, requests_per_minute=6.0, first_pause=0.0
    )

    await desk.ask.one(make_asked(), endpoint)

    assert desk.meter.gauges[metrics.JUDGE_WIDTH.name, ("e",)] == 7
    assert desk.waits == [10.0]
