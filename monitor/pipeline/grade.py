"""Grade: samples that were drawn for a judge in; opinions out, each paid for once, or the reason why there is none."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from uuid import UUID

import msgspec

from monitor import metrics
from monitor.errors import Unavailable
from monitor.judges import Call, Marked, Nonce, calls, marked, reconciled
from monitor.model import (
    NOBODY,
    Controlled,
    DeadLetter,
    Judgement,
    Missing,
    Opinion,
    Record,
    RouteTo,
    Sample,
    Source,
    Unjudged,
)
from monitor.ports import Bus, Judgements, Meter, Opinions, ReviewQueue

from .asking import Ask, Asked
from .bookings import Clock
from .controls import ControlItem, Controls
from .offers import Offers, unasked
from .panel import Panel, Seat
from .routed import Routed, Slip

_BY_FALLBACK = frozenset({Missing.CIRCUIT_OPEN, Missing.ENDPOINT_ERROR, Missing.TIMEOUT, Missing.WRONG_MODEL})
"""Failures after which the fallback is asked."""


@dataclass(slots=True)
class _Case:
    """A sample at a judge."""

    routed: Routed
    panel: Panel
    opinion: Opinion | None = None
    """Once there is one; kept while the store is away."""
    controlled: Controlled | None = None
    """The same of the control item beside it."""
    done: bool = False


@dataclass(slots=True)
class Docket:
    """What a chunk holds."""

    cases: list[_Case] = field(default_factory=list[_Case])
    dead: list[DeadLetter] = field(default_factory=list[DeadLetter])


@dataclass(slots=True)
class _Ruling:
    """What one seat made of a case."""

    seat: Seat
    mark: Marked
    judgements: list[Judgement]
    flags: set[str]
    cost: float = 0.0


@dataclass(slots=True)
class Grade:
    """The judge stage: ``work`` reads what is to be judged; ``settle`` asks, and never pays twice."""

    read: Callable[[Record], list[Routed | DeadLetter]]
    """What a record of the judge topic holds."""
    panels: Mapping[str, tuple[Panel, ...]]
    """By application."""
    default: tuple[Panel, ...]
    """For every application that has none of its own."""
    ask: Ask
    judgements: Judgements
    opinions: Opinions
    bus: Bus
    controls: Controls
    desks: Mapping[str, Offers]
    """What goes on to people, by application."""
    default_desk: Offers
    reviews: ReviewQueue
    suspicious: Callable[[Sample], bool]
    """Whether a sample talks to its judge."""
    nonce: Nonce
    clock: Clock
    """Seconds since 1970."""
    meter: Meter

    async def work(self, records: Sequence[Record]) -> Docket:
        """Read the records of one partition."""
        docket = Docket()
        for record in records:
            for one in self.read(record):
                if isinstance(one, DeadLetter):
                    docket.dead.append(one)
                    continue
                for panel in self.panels.get(one.sample.app, self.default):
                    if not one.slip.judges or panel.name in one.slip.judges:
                        docket.cases.append(_Case(one, panel))
        return docket

    async def settle(self, docket: Docket) -> None:
        """Judge every case, all side by side as far as the endpoints allow.

        Raises:
            Unavailable: the store is away; the same call is safe to repeat.
        """
        await self.bus.bury(docket.dead)
        known = await self.judgements.known([call.content for case in docket.cases for call in self._calls_of(case)])
        work = (self._settled(case, known) for case in docket.cases)
        ended = await asyncio.gather(*work, return_exceptions=True)
        await self.ask.bookings.write_down()
        failed = [error for error in ended if isinstance(error, BaseException)]
        for error in sorted(failed, key=lambda error: isinstance(error, Unavailable)):
            raise error  # a bug of ours before all else

    async def judge(self, sample: Sample, panel: Panel) -> Opinion:
        """One sample at one judge, right now, and nothing kept but the judgements: for trying out."""
        slip = Slip(index=sample.index, sample=sample.id, app=sample.app, inclusion=1.0, reason="trial")
        case = _Case(Routed(sample=sample, slip=slip), panel)
        rulings = await asyncio.gather(*(self._ruled(case, seat, {}) for seat in panel.seats))
        return self._opinion(case, rulings)

    async def _settled(self, case: _Case, known: Mapping[UUID, Judgement]) -> None:
        if case.done:
            return
        control = self.controls.beside(case.routed.sample.id, case.panel.name)
        work = (self._judged(case, known), *([self._controlled(case, control)] if control else []))
        for ended in await asyncio.gather(*work, return_exceptions=True):  # neither goes on when this is over
            if ended is not None:
                raise ended
        case.done = True

    def _calls_of(self, case: _Case) -> Iterable[Call]:
        if case.opinion is not None or case.routed.slip.to is RouteTo.HUMAN:
            return ()
        return chain.from_iterable(self._asked(case, seat) for seat in case.panel.seats)

    def _asked(self, case: _Case, seat: Seat) -> list[Call]:
        try:
            return calls(case.panel.rubric, case.routed.sample, seat.form, self.nonce)
        except Unjudged:
            return []  # it will be said when the case comes up

    async def _judged(self, case: _Case, known: Mapping[UUID, Judgement]) -> None:
        if case.routed.slip.to is RouteTo.HUMAN:
            await self._offer(case, unasked(case.routed, case.panel, int(self.clock() * 1000)))
            return
        if case.opinion is None:
            rulings = await asyncio.gather(*(self._ruled(case, seat, known) for seat in case.panel.seats))
            case.opinion = self._opinion(case, rulings)
            self._count(case.opinion)
        await self.opinions.write([case.opinion])
        await self._offer(case, case.opinion)

    async def _offer(self, case: _Case, opinion: Opinion) -> None:
        """Let people look, where the application wants that."""
        app = case.routed.sample.app
        item = self.desks.get(app, self.default_desk).of(case.routed, case.panel, opinion)
        if item is not None:
            await self.reviews.offer([item])
            self.meter.count(metrics.OFFERED, (app, item.reason.value))

    async def _ruled(self, case: _Case, seat: Seat, known: Mapping[UUID, Judgement]) -> _Ruling:
        panel, sample = case.panel, case.routed.sample
        ruling = await self._ruled_by(panel, sample, seat, known)
        if seat.fallback and ruling.mark.missing in _BY_FALLBACK:
            known = await self.judgements.known([call.content for call in self._asked(case, seat.fallback)])
            instead = await self._ruled_by(panel, sample, seat.fallback, known)
            instead.flags.add("fallback")
            instead.cost += ruling.cost
            return instead
        return ruling

    async def _ruled_by(
        self, panel: Panel, sample: Sample, seat: Seat, known: Mapping[UUID, Judgement], *, lasting: bool = True
    ) -> _Ruling:
        rubric, flags = panel.rubric, set[str]()
        try:
            every = calls(rubric, sample, seat.form, self.nonce)
        except Unjudged as unjudged:
            return _Ruling(seat, Marked.without(unjudged), [], flags)
        if any(call.shortened for call in every):
            flags.add("shortened")
        asked = [
            Asked(call=call, sample=sample, judge=panel.name, version=seat.version, lasting=lasting) for call in every
        ]
        ended = await asyncio.gather(*(self._judgement(one, seat, known) for one in asked), return_exceptions=True)
        for error in ended:
            if isinstance(error, BaseException) and not isinstance(error, Unjudged):
                raise error
        judgements = [one for one in ended if not isinstance(one, BaseException)]
        unjudged = [one for one in ended if isinstance(one, Unjudged)]
        own = [one for one in judgements if (one.sample, one.judge) == (sample.id, panel.name)]
        cost = sum(one.cost for one in (*unjudged, *own))
        if unjudged:
            return _Ruling(seat, Marked.without(unjudged[0]), judgements, flags, cost)
        replies = {
            call.part: msgspec.json.decode(judgement.reply) for call, judgement in zip(every, judgements, strict=True)
        }
        return _Ruling(seat, marked(rubric, sample, replies), judgements, flags, cost)

    async def _judgement(self, asked: Asked, seat: Seat, known: Mapping[UUID, Judgement]) -> Judgement:
        return known.get(asked.call.content) or await self.ask.one(asked, seat.endpoint)

    def _opinion(self, case: _Case, rulings: Sequence[_Ruling]) -> Opinion:
        routed, panel = case.routed, case.panel
        sample = routed.sample
        mark = rulings[0].mark
        flags = set[str]().union(*(ruling.flags for ruling in rulings))
        if len(rulings) > 1:
            named = {
                f"{number}:{ruling.seat.endpoint.manner.name}": ruling.mark for number, ruling in enumerate(rulings, 1)
            }
            mark = reconciled(named, panel.reconcile, passes_from=panel.passes_from)
            if mark.label.startswith("split"):
                flags.add("split")
        if self.suspicious(sample):
            flags.add("talks_to_judge")
        judgements = [one for ruling in rulings for one in ruling.judgements]
        copied = next((one.sample for one in judgements if one.sample != sample.id), NOBODY)
        return Opinion(
            sample=sample.id,
            time=sample.time,
            app=sample.app,
            model=sample.model,
            source=Source.JUDGE,
            scorer=panel.name,
            version=panel.version(ruling.seat for ruling in rulings),
            value=mark.value,
            passed=mark.passed,
            label=mark.label,
            why=mark.why,
            missing=mark.missing.value if mark.missing else "",
            points=mark.points,
            flags=tuple(sorted(flags)),
            attempt=routed.slip.attempt,
            inclusion=routed.slip.inclusion,
            reason=routed.slip.reason,
            endpoint=", ".join(ruling.seat.endpoint.manner.name for ruling in rulings),
            tokens_in=sum(one.tokens_in for one in judgements),
            tokens_out=sum(one.tokens_out for one in judgements),
            cost=sum(ruling.cost for ruling in rulings),
            seconds=max((one.seconds for one in judgements), default=0.0),
            copied_from=copied,
            at_ms=int(self.clock() * 1000),
        )

    def _count(self, opinion: Opinion) -> None:
        outcome = opinion.missing or ("pass" if opinion.passed else "fail")
        self.meter.count(metrics.JUDGED_SAMPLES, (opinion.app, opinion.scorer, outcome))
        if opinion.copied_from != NOBODY:
            self.meter.count(metrics.JUDGED_AGAIN, (opinion.app, opinion.scorer))

    async def _controlled(self, case: _Case, item: ControlItem) -> None:
        """Ask about a control item just as about any sample; only that its reply is asked for anew each time."""
        if case.controlled is None:
            seat = case.panel.seats[0]
            ruling = await self._ruled_by(case.panel, item.sample, seat, {}, lasting=False)
            case.controlled = Controlled(
                judge=case.panel.name,
                version=seat.version,
                item=item.sample.id,
                beside=case.routed.sample.id,
                passes=item.passes,
                passed=ruling.mark.passed,
                missing=ruling.mark.missing.value if ruling.mark.missing else "",
                at_ms=int(self.clock() * 1000),
            )
        await self.opinions.control(case.controlled)
