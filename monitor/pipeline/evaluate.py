"""Evaluate: records in; scores, verdicts and routes out, all durable."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, cast

from monitor import metrics
from monitor.checks import Finding, Scorer
from monitor.checks.base import Tried
from monitor.checks.scorer import spoken
from monitor.errors import InvalidRecord, Unsafe
from monitor.formats import Decoded, Defaults, Envelope, Format, Ignored, Limits, Unreadable, decode
from monitor.model import DeadLetter, Evaluation, Headers, Origin, Outcome, Record, Route, RouteTo, Sample, Score
from monitor.policy import HOUR_MS, Combined, Composite, Decision, Router, combine, draw, draw_key
from monitor.ports import Archive, Bus, Isolation, Labels, Meter, Sandbox, Sink

from .count import count_batch
from .inputs import APP_HEADER, FORMAT_HEADER, Input, is_ours
from .purses import PartitionPurses

_OURS = "a call of one of our judges: judging it would go round in circles"
_TOGETHER = 200
"""Samples that are scored together, before the event loop has its turn."""
_SIDE_BY_SIDE = 32
"""Samples that a check that waits may wait for at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done for one application."""

    scorers: tuple[Scorer, ...]
    combined: tuple[Combined, ...] = ()
    """Scores made of the scorers', each after its parts."""
    composite: Composite
    router: Router


@dataclass(slots=True)
class Batch:
    """What became of a chunk, not yet told to anybody."""

    records: int
    evaluations: list[Evaluation] = field(default_factory=list[Evaluation], repr=False)
    dead: list[DeadLetter] = field(default_factory=list[DeadLetter], repr=False)
    """What cannot be evaluated, and what there is nothing to evaluate in."""
    seconds: dict[str, float] = field(default_factory=lambda: {"decode": 0.0, "check": 0.0, "decide": 0.0})
    check_seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict[str, float](float))
    """By check."""


@dataclass(slots=True)
class Evaluate:
    """The first stage: decode, check, decide, draw; then one durable write, and on to who looks next.

    ``work`` decides and tells nobody; ``settle`` tells everybody and is safe to repeat.
    """

    plans: Mapping[str, Plan]
    """By application."""
    default: Plan
    """For every application that has no plan of its own."""
    formats: Mapping[str, Format | Envelope]
    inputs: Mapping[str, Input]
    """By topic."""
    limits: Limits
    tags: frozenset[str]
    sink: Sink
    bus: Bus
    archive: Archive
    isolation: Isolation
    sandbox: Sandbox
    meter: Meter
    _purses: dict[tuple[str, int], PartitionPurses] = field(default_factory=dict[tuple[str, int], PartitionPurses])
    _gauged: set[Labels] = field(default_factory=set[Labels])
    """Labels of the budget gauges that speak of partitions we hold."""

    async def work(self, records: Sequence[Record]) -> Batch:
        """Evaluate the records of one partition, in order.

        Raises:
            Unavailable: what was spent before could not be asked for; nothing was decided, call again.
        """
        purses = await self._purses_at(records[0].origin, records[0].arrived_ms)
        batch = Batch(records=len(records))
        waiting: list[tuple[Sample, Record]] = []
        for record in records:
            started = perf_counter()
            decoded = self._decode(record)
            batch.seconds["decode"] += perf_counter() - started
            for one in decoded:
                if not isinstance(one, Sample):
                    batch.dead.append(_letter(record, one))
                elif is_ours(one, record):
                    batch.dead.append(_letter(record, Ignored(index=one.index, reason="own_judge", detail=_OURS)))
                else:
                    waiting.append((one, record))
            if len(waiting) >= _TOGETHER:
                await self._evaluate(waiting, purses, batch)
                waiting = []
        await self._evaluate(waiting, purses, batch)
        if purses:
            purses.next_offset = records[-1].origin.offset + 1
        self._count(batch, records[0].origin, purses)
        return batch

    async def settle(self, batch: Batch) -> None:
        """Make the batch durable and hand on what was chosen.

        Raises:
            Unavailable: not everything is done; the same call is safe to repeat.
        """
        started = perf_counter()
        await self.sink.write(batch.evaluations, batch.dead)
        written = perf_counter()
        chosen = _by_record(e for e in batch.evaluations if e.route.to is not RouteTo.NOBODY)
        await asyncio.gather(*(self.bus.forward(record, samples) for record, samples in chosen))
        await self.bus.bury([letter for letter in batch.dead if letter.outcome is Outcome.DEAD])
        self.meter.observe(metrics.STAGE_SECONDS, {written - started: 1}, ("write",))
        self.meter.observe(metrics.STAGE_SECONDS, {perf_counter() - written: 1}, ("forward",))

    def forget_partitions(self) -> None:
        """Partitions have gone elsewhere and may come back: what they spent is to be asked for again."""
        self._purses.clear()
        for labels in self._gauged:
            self.meter.forget(metrics.BUDGET_LEFT, labels)
        self._gauged.clear()

    def _decode(self, record: Record) -> list[Decoded]:
        topic = self.inputs.get(record.origin.topic, _ANY_INPUT)
        name = record.header(FORMAT_HEADER) or topic.format
        reader = self.formats.get(name)
        if reader is None:
            known = ", ".join(self.formats)
            error = InvalidRecord("unknown_format", f"{name!r} is none of {known}", field=f"header {FORMAT_HEADER}")
            return [Unreadable(index=None, value=record.value, error=error)]
        defaults = Defaults(app=record.header(APP_HEADER) or topic.app, tags=self.tags)
        return decode(record, reader, defaults=defaults, limits=self.limits)

    async def _evaluate(
        self, waiting: Sequence[tuple[Sample, Record]], purses: PartitionPurses | None, batch: Batch
    ) -> None:
        for start in range(0, len(waiting), _TOGETHER):
            part = waiting[start : start + _TOGETHER]
            started = perf_counter()
            scores = await self._scored([sample for sample, _ in part], batch)
            checked = perf_counter()
            for (sample, record), row in zip(part, scores, strict=True):
                batch.evaluations.append(self._decided(sample, record, row, purses))
            batch.seconds["check"] += checked - started
            batch.seconds["decide"] += perf_counter() - checked
            await asyncio.sleep(0)  # heartbeats and health checks are answered between two parts

    async def _scored(self, samples: Sequence[Sample], batch: Batch) -> list[tuple[Score, ...]]:
        """Every sample's scores: check by check, over all samples of one plan together."""
        rows: list[tuple[Score, ...]] = [()] * len(samples)
        by_plan: defaultdict[int, list[int]] = defaultdict(list)
        for number, sample in enumerate(samples):
            by_plan[id(self.plans.get(sample.app, self.default))].append(number)
        for numbers in by_plan.values():
            plan = self.plans.get(samples[numbers[0]].app, self.default)
            mine = [samples[number] for number in numbers]
            columns: list[list[Score]] = []
            for scorer in plan.scorers:
                started = perf_counter()
                columns.append(await self._column(scorer, mine))
                batch.check_seconds[scorer.name] += perf_counter() - started
            for number, row in zip(numbers, zip(*columns, strict=True), strict=True):
                rows[number] = row
        return rows

    async def _column(self, scorer: Scorer, samples: Sequence[Sample]) -> list[Score]:
        if scorer.share < 1.0:
            drawn = [sample for sample in samples if draw(draw_key(sample), salt=scorer.name) < scorer.share]
            scores = dict(zip(map(id, drawn), await self._looked_at(scorer, drawn), strict=True))
            return [scores.get(id(sample)) or scorer.not_drawn() for sample in samples]
        return await self._looked_at(scorer, samples)

    async def _looked_at(self, scorer: Scorer, samples: Sequence[Sample]) -> list[Score]:
        if scorer.tried is not None:
            return await asyncio.gather(*(self._sandboxed(scorer, scorer.tried, sample) for sample in samples))
        if scorer.spec.waits:
            return await self._side_by_side(scorer, samples)
        if scorer.apart is None:
            return scorer.scores(samples)
        return [await self._apart(scorer, scorer.apart, sample) for sample in samples]

    async def _apart(self, scorer: Scorer, limit_of: Callable[[Sample], float | None], sample: Sample) -> Score:
        try:
            limit = limit_of(sample)
        except Exception as error:  # noqa: BLE001  a person's check may raise anything
            return scorer.broken("raised", spoken(error))
        return scorer.score(sample) if limit is None else await self._isolated(scorer, sample, limit)

    async def _sandboxed(self, scorer: Scorer, check: Tried, sample: Sample) -> Score:
        try:
            program = check.program(sample)
            if isinstance(program, Finding):
                return scorer.read(program)
            return scorer.read(check.read(sample, await self.sandbox.run(program, within=check.seconds)))
        except Unsafe as error:
            return scorer.broken("no_sandbox", f"the code was not run: {error}")
        except Exception as error:  # noqa: BLE001  answers and tests are anybody's, and may be made to break a reader
            return scorer.broken("raised", spoken(error))

    async def _side_by_side(self, scorer: Scorer, samples: Sequence[Sample]) -> list[Score]:
        room = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def one(sample: Sample) -> Score:
            try:
                async with room, asyncio.timeout(scorer.spec.limit):
                    return scorer.read(await cast(Any, scorer.check)(sample))
            except TimeoutError:
                return scorer.broken("timeout", f"took longer than its limit of {scorer.spec.limit:g} s")
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise  # it is us who are stopped
                return scorer.broken("raised", spoken(error))
            except Exception as error:  # noqa: BLE001  a person's check may raise anything
                return scorer.broken("raised", spoken(error))

        return await asyncio.gather(*map(one, samples))

    def _decided(
        self, sample: Sample, record: Record, scores: tuple[Score, ...], purses: PartitionPurses | None
    ) -> Evaluation:
        plan = self.plans.get(sample.app, self.default)
        scores = combine(scores, plan.combined)
        decision = plan.composite.decide(scores)
        purse = purses.of(sample.app, plan.router) if purses else None
        route = plan.router.route(sample, scores, decision, purse, record.arrived_ms)
        return Evaluation(
            sample=sample,
            record=record,
            scores=scores,
            composite=decision.value,
            verdict=decision.verdict,
            because=decision.because,
            route=route,
            outcome=_outcome(decision, route),
        )

    async def _isolated(self, scorer: Scorer, sample: Sample, limit: float) -> Score:
        try:
            return scorer.read(await self.isolation.run(scorer.name, sample, within=limit))
        except TimeoutError:
            return scorer.broken("timeout", f"took longer than its limit of {limit:g} s")
        except RuntimeError as error:
            return scorer.broken("raised", str(error))

    async def _purses_at(self, first: Origin, arrived_ms: int) -> PartitionPurses | None:
        """The partition's purses, as the records before ``first`` left them; None where no budget is set."""
        if not any(plan.router.budget or plan.router.total for plan in (self.default, *self.plans.values())):
            return None
        place = (first.topic, first.partition)
        known = self._purses.get(place)
        if known is None or first.offset < known.next_offset:  # a hole in the log is no reason to ask
            place_number = self.inputs.get(first.topic, _ANY_INPUT).first_place + first.partition
            fresh = PartitionPurses(place=place_number, next_offset=first.offset)
            since = (arrived_ms // HOUR_MS - 1) * HOUR_MS
            rows = await self.archive.spending(first, since)
            fresh.recall(rows, lambda app: self.plans.get(app, self.default).router)
            self._purses[place] = known = fresh
        return known

    def _count(self, batch: Batch, first: Origin, purses: PartitionPurses | None) -> None:
        count_batch(self.meter, first.topic, batch.records, batch.evaluations, batch.dead, batch.seconds)
        for check, seconds in batch.check_seconds.items():
            self.meter.count(metrics.CHECK_SECONDS, (check,), seconds)
        if purses and batch.evaluations:
            now_ms = batch.evaluations[-1].record.arrived_ms
            for app in {evaluation.sample.app for evaluation in batch.evaluations}:
                if purse := purses.known.get(app):
                    labels = (app, first.topic, str(first.partition))
                    self.meter.gauge(metrics.BUDGET_LEFT, purse.left(now_ms), labels)
                    self._gauged.add(labels)
            purses.forget_idle(now_ms)


_ANY_INPUT = Input()
_LARGE = 4_096
"""Bytes of a record's headers that are not copied into each of many dead letters."""


def _outcome(decision: Decision, route: Route) -> Outcome:
    if decision.value is None:
        return Outcome.FAILED
    if route.short_of_budget:
        return Outcome.OVER_BUDGET
    if route.to is RouteTo.NOBODY and route.inclusion > 0.0:
        return Outcome.SAMPLED_OUT
    return Outcome.SCORED


def _letter(record: Record, unreadable: Unreadable | Ignored) -> DeadLetter:
    if isinstance(unreadable, Ignored):
        return DeadLetter(
            outcome=Outcome.IGNORED,
            origin=record.origin,
            index=unreadable.index,
            reason=unreadable.reason,
            field="",
            detail=unreadable.detail,
            value=None,
            key=None,
            headers=(),
            arrived_ms=record.arrived_ms,
        )
    error = unreadable.error
    return DeadLetter(
        origin=record.origin,
        index=unreadable.index,
        reason=error.reason,
        field=error.field,
        detail=str(error),
        value=unreadable.value,
        key=record.key,
        headers=_kept_headers(record, unreadable),
        arrived_ms=record.arrived_ms,
    )


def _kept_headers(record: Record, unreadable: Unreadable) -> Headers:
    """A record of many broken pieces must not multiply large headers; what a replay needs is always kept."""
    if unreadable.index is None or sum(len(name) + len(value or b"") for name, value in record.headers) <= _LARGE:
        return record.headers
    return tuple(header for header in record.headers if header[0] in {FORMAT_HEADER, APP_HEADER})


def _by_record(chosen: Iterable[Evaluation]) -> list[tuple[Record, list[Evaluation]]]:
    groups: dict[Origin, list[Evaluation]] = {}
    for evaluation in chosen:
        groups.setdefault(evaluation.record.origin, []).append(evaluation)
    return [(group[0].record, group) for group in groups.values()]
