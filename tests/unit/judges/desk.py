"""A desk for tests of asking: endpoints that say what they were told to, and a clock that waits for nobody."""

import asyncio
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
from monitor.policy import Price
from tests.builders import NOON, make_bookings, make_endpoint, make_reply, make_rubric, make_sample

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
        manner.setdefault("price", PRICE)
        return make_endpoint(judge, clock=lambda: self.now, **manner), judge

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


class Slow(ScriptedJudge):
    """Replies when it is told to."""

    def __init__(self, script: Callable[[], Reply] = make_reply) -> None:
        super().__init__([])
        self.script, self.door = script, asyncio.Event()

    async def ask(self, question: Question, /) -> Reply:
        self.asked.append(question)
        await self.door.wait()
        return self.script()
