"""Ask: one question of one endpoint, at its pace and within the budget, until there is a reply or a reason for none."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from monitor import metrics
from monitor.judges import Call, Unparsable, again, read_reply
from monitor.model import NOTHING, Expense, Judgement, Missing, Question, Reply, Sample, Unjudged
from monitor.policy import Price
from monitor.ports import Judgements, Meter

from .bookings import Bookings, Clock
from .endpoint import Endpoint, Manner, same_model

_BYTES_A_TOKEN = 2
"""Of a question whose tokens nobody has counted yet: fewer than usual, so that what is booked is enough."""
_OVERHEAD = 50
"""Tokens that a request takes beside its messages."""
_OF_THE_ENDPOINT = frozenset({Missing.TIMEOUT, Missing.ENDPOINT_ERROR, Missing.WRONG_MODEL})
"""Failures that open its circuit."""
_AGAIN = frozenset({Missing.TIMEOUT, Missing.RATE_LIMITED, Missing.ENDPOINT_ERROR})
"""What is tried again at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose question it is."""

    call: Call
    sample: Sample
    judge: str
    version: str
    lasting: bool = True
    """Whether the reply is kept and used for equal questions: not where it is asked to see if it is still the same."""


@dataclass(slots=True)
class Ask:
    """Asks endpoints; equal questions at the same time are asked once."""

    judgements: Judgements
    bookings: Bookings
    meter: Meter
    wall_clock: Clock
    jitter: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _under_way: "dict[UUID, tuple[str, asyncio.Task[Judgement]]]" = field(default_factory=lambda: {})
    """By content: which application pays, and for what."""
    _unkept: dict[UUID, Judgement] = field(default_factory=dict[UUID, Judgement])
    """Paid for, and not yet durable: the store was away."""

    async def one(self, asked: Asked, endpoint: Endpoint) -> Judgement:
        """The judgement, which is durable.

        Raises:
            Unjudged: there is none, and why.
            Unavailable: the store is away; ask again later, nothing that was paid for is paid for again.
        """
        if not asked.lasting:
            return await self._answered(asked, endpoint)
        key, app = asked.call.content, asked.sample.app
        while key in self._under_way:
            payer, running = self._under_way[key]
            try:
                return await asyncio.shield(running)
            except Unjudged as unjudged:
                if unjudged.missing is not Missing.OVER_BUDGET or payer == app:  # another's empty purse is not ours
                    raise Unjudged(unjudged.missing, unjudged.why) from unjudged  # what it cost is told by the first
        task = asyncio.create_task(self._answered(asked, endpoint))
        self._under_way[key] = app, task
        task.add_done_callback(lambda _: self._under_way.pop(key))
        return await task

    async def _answered(self, asked: Asked, endpoint: Endpoint) -> Judgement:
        """Attempts with pauses between them; a reply that makes no sense is asked about once."""
        key, manner = asked.call.content, endpoint.manner
        if asked.lasting and key in self._unkept:
            return await self._kept(self._unkept[key])
        attempt = _Attempt(asked, asked.call.question)
        while True:
            async with endpoint.room(returning=attempt.failed > 0):
                if not attempt.failed:
                    attempt.began = endpoint.clock()  # waiting for others is no fault of the endpoint
                try:
                    judgement = None
                    while judgement is None:  # a reply that is asked about keeps its place: it is paid for
                        judgement = await self._attempted(attempt, endpoint)
                    return await self._kept(judgement) if asked.lasting else judgement
                except Unjudged as unjudged:
                    attempt.failed += 1
                    pause = self._pause(attempt.failed, unjudged, manner)
                    late = endpoint.clock() + pause - attempt.began > manner.patience
                    if unjudged.lasting or unjudged.missing not in _AGAIN or attempt.failed >= manner.attempts or late:
                        unjudged.cost = attempt.cost
                        raise
            await self.sleep(pause)

    async def _kept(self, judgement: Judgement) -> Judgement:
        self._unkept[judgement.content] = judgement
        await self.judgements.keep(judgement)
        del self._unkept[judgement.content]
        return judgement

    async def _attempted(self, attempt: "_Attempt", endpoint: Endpoint) -> Judgement | None:
        """The judgement, or None when the reply made no sense and is to be asked about."""
        asked, manner = attempt.asked, endpoint.manner
        reply = await self._called(attempt, endpoint)
        try:
            document = read_reply(reply.text, asked.call)
        except Unparsable as error:
            self.meter.count(metrics.JUDGE_CALLS, (manner.name, Missing.UNPARSABLE.value))
            wrong = f"it was cut off after {asked.call.question.longest_reply} tokens" if reply.cut else str(error)
            if attempt.corrected:
                raise Unjudged(Missing.UNPARSABLE, f"asked twice, and {wrong}") from error
            attempt.corrected, attempt.question = True, again(asked.call.question, reply.text, wrong)
            return None
        self.meter.count(metrics.JUDGE_CALLS, (manner.name, "replied"))
        return Judgement(
            content=asked.call.content,
            judge=asked.judge,
            version=asked.version,
            endpoint=manner.name,
            reply=msgspec.json.encode(document).decode(),
            tokens_in=attempt.tokens_in,
            tokens_out=attempt.tokens_out,
            cost=attempt.cost,
            seconds=attempt.seconds,
            sample=asked.sample.id,
            asked_ms=int(self.wall_clock() * 1000),
        )

    async def _called(self, attempt: "_Attempt", endpoint: Endpoint) -> Reply:
        """One call: booked before, settled after."""
        manner, question = endpoint.manner, attempt.question
        if not endpoint.circuit.allows(endpoint.clock()):
            raise Unjudged(Missing.CIRCUIT_OPEN, f"{manner.name} failed too often and is left alone for a while")
        try:
            asks = question.bytes // _BYTES_A_TOKEN + _OVERHEAD
            most = Expense(1, asks + question.longest_reply, manner.price.of(asks, question.longest_reply))
            ticket = await self.bookings.book(attempt.asked.sample.app, most)
        except BaseException:
            endpoint.circuit.gave_up()
            raise
        spent = most  # unless we learn better: a call that was cut off may have been paid for
        try:
            await self.sleep(endpoint.due(most.tokens))
            reply = await endpoint.judge.ask(question)
            spent = attempt.pay(reply, manner.price)
            self._replied(reply, endpoint)
            usable = _usable(reply, manner)
            endpoint.width.went_well()
            endpoint.circuit.succeeded()
            return usable
        except Unjudged as unjudged:
            if unjudged.unpaid:
                spent = NOTHING
            self._went_wrong(unjudged, endpoint)
            raise
        finally:
            endpoint.circuit.gave_up()  # whatever ended the call: another one may try now
            self.bookings.settle(ticket, spent)
            self.meter.gauge(metrics.JUDGE_WIDTH, endpoint.width.calls, (manner.name,))
            self.meter.gauge(metrics.CIRCUIT_OPEN, float(endpoint.circuit.opened_at is not None), (manner.name,))

    def _replied(self, reply: Reply, endpoint: Endpoint) -> None:
        name = endpoint.manner.name
        self.meter.observe(metrics.JUDGE_SECONDS, {reply.seconds: 1}, (name,))
        self.meter.count(metrics.JUDGE_TOKENS, (name, "question"), reply.tokens_in)
        self.meter.count(metrics.JUDGE_TOKENS, (name, "reply"), reply.tokens_out)
        self.meter.count(metrics.JUDGE_COST, (name,), endpoint.manner.price.of(reply.tokens_in, reply.tokens_out))

    def _went_wrong(self, unjudged: Unjudged, endpoint: Endpoint) -> None:
        name, now = endpoint.manner.name, endpoint.clock()
        self.meter.count(metrics.JUDGE_CALLS, (name, unjudged.missing.value))
        if unjudged.missing is Missing.RATE_LIMITED:
            endpoint.width.refused(now)
        elif unjudged.missing in _OF_THE_ENDPOINT:
            endpoint.circuit.broke(now)
        else:
            endpoint.circuit.succeeded()  # it answered, if not what we hoped for

    def _pause(self, failed: int, unjudged: Unjudged, manner: Manner) -> float:
        """Seconds: doubling, with jitter between half and all of it, and never less than was asked for."""
        most = min(manner.first_pause * 2 ** (failed - 1), manner.longest_pause)
        return (unjudged.retry_after or 0.0) + most * (0.5 + 0.5 * self.jitter())


@dataclass(slots=True)
class _Attempt:
    """What a question has come to so far."""

    asked: Asked
    question: Question
    began: float = 0.0
    """When it was its turn first."""
    failed: int = 0
    corrected: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    seconds: float = 0.0

    def pay(self, reply: Reply, price: Price) -> Expense:
        """Add what a reply took, whether it can be used or not."""
        cost = price.of(reply.tokens_in, reply.tokens_out)
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out
        self.cost += cost
        self.seconds += reply.seconds
        return Expense(1, reply.tokens_in + reply.tokens_out, cost)


def _usable(reply: Reply, manner: Manner) -> Reply:
    if reply.refused:
        raise Unjudged(Missing.REFUSED, f"{manner.model} would not judge: {reply.text[:200]}")
    if reply.model and not same_model(manner.model, reply.model):
        raise Unjudged(Missing.WRONG_MODEL, f"{manner.name} answers as {reply.model[:100]}, not as {manner.model}")
    return reply
