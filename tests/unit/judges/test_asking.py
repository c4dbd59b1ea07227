"""One question of one endpoint, until there is a reply or a reason for none."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from monitor import metrics
from monitor.adapters.memory import MemoryJudging, MemoryMeter, ScriptedJudge
from monitor.errors import Unavailable
from monitor.judges import Form, calls
from monitor.model import Judgement, Missing, Question, Reply, Unjudged
from monitor.pipeline.asking import Ask, Asked
from monitor.pipeline.endpoint import Endpoint
from monitor.policy import Breaker, Price
from tests.builders import NOON, NOON_MS, PASSES, make_bookings, make_endpoint, make_reply, make_rubric, make_sample

PRICE = Price(question=1_000.0, reply=10_000.0)
"""A reply of the builder costs 0.2."""
FORM = Form(version="v", window=32_000)


class Fickle(MemoryJudging):
    """Cannot keep a judgement the first times."""

    away = 0

    async def keep(self, judgement: Judgement, /) -> None:
        if self.away:
            self.away -= 1
            raise Unavailable("store", "away")
        await super().keep(judgement)


@dataclass
class Desk:
    """Asks, on a clock that goes on only while somebody waits."""

    judging: MemoryJudging = field(default_factory=MemoryJudging)
    limits: dict[str, Any] = field(default_factory=dict[str, Any])
    now: float = 0.0
    waits: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        self.meter = MemoryMeter()
        self.bookings = make_bookings(self.judging, **self.limits)
        self.ask = Ask(
            judgements=self.judging, bookings=self.bookings, meter=self.meter, wall_clock=NOON.timestamp,
            jitter=lambda: 1.0, sleep=self.sleep,
        )  # fmt: skip

    async def sleep(self, seconds: float) -> None:
        self.waits += [seconds] if seconds else []
        self.now += seconds
        await asyncio.sleep(0)

    def endpoint(self, *script: Reply | Unjudged, **manner: Any) -> tuple[Endpoint, ScriptedJudge]:
        judge = ScriptedJudge(list(script))
        return make_endpoint(judge, clock=lambda: self.now, **{"price": PRICE} | manner), judge

    def calls(self, endpoint: str = "e") -> dict[str, float]:
        return {
            labels[1]: count
            for (name, labels), count in self.meter.counts.items()
            if name == metrics.JUDGE_CALLS.name and labels[0] == endpoint
        }


def make_asked(output: str = "Fine.", *, sample: int = 1, app: str = "app", lasting: bool = True) -> Asked:
    about = make_sample(output, id=UUID(int=sample), app=app)
    (call,) = calls(make_rubric(), about, FORM, lambda: "0" * 16)
    return Asked(call=call, sample=about, judge="j", version="v", lasting=lasting)


def fault(missing: Missing, **said: Any) -> Unjudged:
    return Unjudged(missing, "so it is", **said)


async def reason(asking: Awaitable[Judgement]) -> Unjudged:
    with pytest.raises(Unjudged) as caught:
        await asking
    return caught.value


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


class Slow(ScriptedJudge):
    """Replies when it is told to."""

    def __init__(self, script: Callable[[], Reply] = make_reply) -> None:
        super().__init__([])
        self.script, self.door = script, asyncio.Event()

    async def ask(self, question: Question, /) -> Reply:
        self.asked.append(question)
        await self.door.wait()
        return self.script()


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
    ("missing", "counted"), [(Missing.RATE_LIMITED, 0), (Missing.TIMEOUT, 1), (Missing.ENDPOINT_ERROR, 1)]
)
async def test_only_a_call_that_was_not_let_in_is_free(missing: Missing, counted: int) -> None:
    desk = Desk(limits={"calls_per_hour": 100})
    endpoint, _ = desk.endpoint(fault(missing), attempts=1)

    await reason(desk.ask.one(make_asked(), endpoint))
    await desk.bookings.close()

    assert (await desk.judging.spent(NOON_MS))["app"].hour.calls == counted


async def test_refusals_narrow_the_width_and_rates_are_waited_for() -> None:
    desk = Desk()
    endpoint, _ = desk.endpoint(
        fault(Missing.RATE_LIMITED), make_reply(), concurrency=10, requests_per_minute=6.0, first_pause=0.0
    )

    await desk.ask.one(make_asked(), endpoint)

    assert desk.meter.gauges[metrics.JUDGE_WIDTH.name, ("e",)] == 7
    assert desk.waits == [10.0]
