"""Equal questions are asked once, and what was paid for is not paid for again."""

import asyncio
from uuid import UUID

import pytest

from monitor.errors import Unavailable
from monitor.model import Judgement, Missing, Reply, Unjudged
from tests.builders import NOON_MS, make_bookings, make_reply

from .desk import Desk, Fickle, Slow, make_asked, reason


@pytest.mark.parametrize(
    ("reply", "missing"),
    [
        (make_reply(refused=True), Missing.REFUSED),
        (make_reply(model="m-mini"), Missing.WRONG_MODEL),
    ],
)
async def test_a_reply_that_is_of_no_use_was_paid_for_all_the_same(reply: Reply, missing: Missing) -> None:
    desk = Desk(limits={"calls_per_hour": 10})
    endpoint, _ = desk.endpoint(reply)

    found = await reason(desk.ask.one(make_asked(), endpoint))
    await desk.bookings.close()

    assert (found.missing, found.cost) == (missing, pytest.approx(0.2))
    assert (await desk.judging.spent(NOON_MS))["app"].hour.calls == 1
    assert desk.judging.judgements == {}


async def test_equal_questions_at_once_are_asked_once() -> None:
    desk = Desk()
    endpoint, _ = desk.endpoint()
    endpoint.judge = judge = Slow()
    asking = [asyncio.create_task(desk.ask.one(make_asked(sample=n), endpoint)) for n in range(1, 21)]
    await asyncio.sleep(0.01)

    judge.door.set()
    judgements = await asyncio.gather(*asking)

    assert len(judge.asked) == 1
    assert {judgement.sample for judgement in judgements} == {UUID(int=1)}


async def test_a_shared_failure_is_paid_for_by_the_first_alone() -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(make_reply(refused=True))

    ended = await asyncio.gather(*(reason(desk.ask.one(make_asked(sample=n), endpoint)) for n in range(1, 9)))

    assert len(judge.asked) == 1
    assert sum(one.cost for one in ended) == pytest.approx(0.2)


async def test_an_empty_purse_of_another_application_is_not_ours() -> None:
    desk = Desk()
    desk.bookings.limits = {"poor": make_bookings(calls_per_hour=0).default}
    endpoint, _ = desk.endpoint(make_reply())
    poor, rich, neighbour = (make_asked(app=app, sample=n) for n, app in enumerate(("poor", "rich", "poor"), 1))

    ended = await asyncio.gather(
        *(desk.ask.one(asked, endpoint) for asked in (poor, rich, neighbour)), return_exceptions=True
    )

    assert isinstance(ended[0], Unjudged)
    assert isinstance(ended[1], Judgement)
    assert isinstance(ended[2], Unjudged)


async def test_what_was_paid_for_while_the_store_was_away_is_not_paid_for_again() -> None:
    judging = Fickle()
    judging.away = 2
    desk = Desk(judging)
    endpoint, judge = desk.endpoint(make_reply())

    for _ in range(2):
        with pytest.raises(Unavailable):
            await desk.ask.one(make_asked(), endpoint)
    judgement = await desk.ask.one(make_asked(), endpoint)

    assert len(judge.asked) == 1
    assert judging.judgements == {judgement.content: judgement}


async def test_a_question_that_is_to_show_whether_all_is_as_it_was_is_asked_anew() -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(make_reply())

    await asyncio.gather(*(desk.ask.one(make_asked(lasting=False), endpoint) for _ in range(3)))

    assert (len(judge.asked), desk.judging.judgements) == (3, {})


async def test_a_spent_budget_asks_nobody() -> None:
    desk = Desk(limits={"calls_per_hour": 2})
    endpoint, judge = desk.endpoint(make_reply())

    ended = await asyncio.gather(
        *(desk.ask.one(make_asked(str(n)), endpoint) for n in range(5)), return_exceptions=True
    )

    assert len(judge.asked) == 2
    assert [one.missing for one in ended if isinstance(one, Unjudged)] == [Missing.OVER_BUDGET] * 3


@pytest.mark.parametrize(
    ("fault", "counted"),
    [
        (Unjudged(Missing.RATE_LIMITED, "too fast", unpaid=True), 0),
        (Unjudged(Missing.ENDPOINT_ERROR, "nobody listens", unpaid=True), 0),
        (Unjudged(Missing.ENDPOINT_ERROR, "half a reply"), 1),
        (Unjudged(Missing.TIMEOUT, "too slow"), 1),
    ],
    ids=str,
)
async def test_only_a_call_that_was_turned_away_is_free(fault: Unjudged, counted: int) -> None:
    desk = Desk(limits={"calls_per_hour": 100})
    endpoint, _ = desk.endpoint(fault, attempts=1)

    await reason(desk.ask.one(make_asked(), endpoint))
    await desk.bookings.close()

    assert (await desk.judging.spent(NOON_MS))["app"].hour.calls == counted


async def test_what_trying_again_cannot_mend_is_not_tried_again() -> None:
    desk = Desk()
    endpoint, judge = desk.endpoint(Unjudged(Missing.ENDPOINT_ERROR, "wrong key", lasting=True), attempts=4)

    unjudged = await reason(desk.ask.one(make_asked(), endpoint))

    assert unjudged.why == "wrong key"
    assert len(judge.asked) == 1
