"""Agree: how far judges and people are of one mind, and whether a judge is still itself."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from monitor import metrics
from monitor.model import NOBODY, Given, Measured, Source
from monitor.ports import Meter, Verdicts
from monitor.stats import ControlDrift, DriftWatch, Rating, Ratings, agreement

from .bookings import Clock

_ALL = ""
"""Stands for all applications together."""
PEOPLE = "people"
_LEAST = 30


@dataclass(frozen=True, slots=True)
class Drift:
    """What control items say of one judge."""

    judge: str
    version: str
    items: int
    evidence: float
    """An e-value: at 1/alpha it is an alarm, and without a change it gets there with a probability of alpha at most."""
    alarm: bool
    moved: tuple[str, ...]
    """``missed``: it lets bad answers pass; ``false_alarms``: it fails good ones."""


@dataclass(slots=True)
class Agree:
    """Reads verdicts, and says how far they can be trusted."""

    verdicts: Verdicts
    meter: Meter
    clock: Clock
    """Seconds since 1970."""
    window_days: float = 28.0
    least: int = _LEAST
    """Samples below which a figure is insufficient."""
    rule: ControlDrift = field(default_factory=ControlDrift)

    async def once(self) -> None:
        """Measure, write down, and show.

        Raises:
            Unavailable: the store is away; call again later.
        """
        now_ms = int(self.clock() * 1000)
        measured = await self.measured(now_ms)
        await self.verdicts.note(measured, now_ms, self.window_days)
        for one in measured:
            if one.value is not None:
                labels = (one.app, one.judge, one.pair, one.measure)
                self.meter.gauge(metrics.AGREEMENT, one.value, (*labels, "value"))
                self.meter.gauge(metrics.AGREEMENT, one.low or 0.0, (*labels, "low"))
                self.meter.gauge(metrics.AGREEMENT, one.high or 0.0, (*labels, "high"))
        for drift in await self.drifts():
            self.meter.gauge(metrics.JUDGE_DRIFT, drift.evidence, (drift.judge,))
            self.meter.gauge(metrics.JUDGE_DRIFTED, float(drift.alarm), (drift.judge,))

    async def measured(self, now_ms: int, *, app: str = "", judge: str = "") -> list[Measured]:
        """Every figure of the window.

        Raises:
            Unavailable: the store is away.
        """
        since_ms = now_ms - int(self.window_days * 86_400_000)
        given = await self.verdicts.given(since_ms, now_ms, app, judge)
        return list(measures(given, least=self.least))

    async def drifts(self) -> list[Drift]:
        """Every judge that has been asked about control items.

        Raises:
            Unavailable: the store is away.
        """
        found: list[Drift] = []
        for (judge, version), answers in (await self.verdicts.controls()).items():
            watch = DriftWatch.start(self.rule)
            alarm = False
            for passes, passed in answers:
                alarm = watch.update(fails=not passes, judged_fail=not passed) or alarm
            found.append(Drift(judge, version, len(answers), watch.evidence, alarm, tuple(sorted(watch.moved))))
        return found


def measures(given: Sequence[Given], *, least: int) -> Iterator[Measured]:
    """Judge and people, judge and judge, person and person; by application and over all of them."""
    by_judge: defaultdict[tuple[str, str], list[Given]] = defaultdict(list)
    for one in given:
        by_judge[one.app, one.judge].append(one)
        by_judge[_ALL, one.judge].append(one)
    for (app, judge), those in sorted(by_judge.items()):
        if app == _ALL and len({one.app for one in those}) == 1:
            continue  # it would say the same twice
        yield from _with_people(app, judge, those, least)
        yield from _among_people(app, judge, those, least)
    for app in sorted({one.app for one in given}):
        yield from _among_judges(app, [one for one in given if one.app == app], least)


def _with_people(app: str, judge: str, given: Sequence[Given], least: int) -> Iterator[Measured]:
    people = {one.sample: one for one in given if one.source is Source.HUMAN and one.by == NOBODY}
    versions = sorted({one.version for one in given if one.source is Source.JUDGE})
    for version in versions:
        pairs = [
            (one, people[one.sample])
            for one in given
            if one.source is Source.JUDGE and one.version == version and one.sample in people
        ]
        if pairs:
            yield from _figures(app, judge, version, f"{judge} and {PEOPLE}", pairs, least, reference=True)


def _among_people(app: str, judge: str, given: Sequence[Given], least: int) -> Iterator[Measured]:
    reviews = [one for one in given if one.source is Source.HUMAN and one.by != NOBODY]
    by_sample: defaultdict[object, list[Given]] = defaultdict(list)
    for one in reviews:
        by_sample[one.sample].append(one)
    rows = [
        Rating(str(one.sample), str(one.by), _word(one.passed))
        for those in by_sample.values()
        if len(those) > 1
        for one in those
    ]
    if rows:
        ratings = Ratings.of(rows, ("fail", "pass"))
        for figure in agreement(ratings, ordinal=False, least=least):
            yield _measured(app, judge, "", f"{PEOPLE} and {PEOPLE}", figure, weighted=False)


def _among_judges(app: str, given: Sequence[Given], least: int) -> Iterator[Measured]:
    by_judge: defaultdict[str, dict[object, Given]] = defaultdict(dict)
    for one in given:
        if one.source is Source.JUDGE:
            by_judge[one.judge][one.sample] = one
    for first, second in combinations(sorted(by_judge), 2):
        both = by_judge[first].keys() & by_judge[second].keys()
        pairs = [(by_judge[first][sample], by_judge[second][sample]) for sample in both]
        if pairs:
            pairs.sort(key=lambda pair: pair[0].sample)
            yield from _figures(
                app, first, pairs[-1][0].version, f"{first} and {second}", pairs, least, reference=False
            )


def _figures(
    app: str, judge: str, version: str, pair: str, pairs: Sequence[tuple[Given, Given]], least: int, *, reference: bool
) -> Iterator[Measured]:
    """All measures of two raters; weighted where samples came to the second one with different probabilities."""
    drawn = [(one, other) for one, other in pairs if other.inclusion > 0]
    weighted = len({other.inclusion for _, other in drawn}) > 1
    rows = [
        Rating(str(one.sample), rater, _word(rated.passed), 1 / other.inclusion if weighted else 1.0)
        for one, other in drawn
        for rater, rated in (("first", one), ("second", other))
    ]
    ratings = Ratings.of(rows, ("fail", "pass"))
    for figure in agreement(ratings, ordinal=False, reference="second" if reference and rows else None, least=least):
        yield _measured(app, judge, version, pair, figure, weighted=weighted)
    if len({one.value for both in drawn for one in both}) > 2:
        yield from _graded(app, judge, version, pair, drawn, least, weighted=weighted)


def _graded(
    app: str, judge: str, version: str, pair: str, pairs: Iterable[tuple[Given, Given]], least: int, *, weighted: bool
) -> Iterator[Measured]:
    """The measures that know of nearer and farther, over the values themselves."""
    rows = [
        Rating(str(one.sample), rater, round(rated.value, 4), 1 / other.inclusion if weighted else 1.0)
        for one, other in pairs
        for rater, rated in (("first", one), ("second", other))
    ]
    for figure in agreement(Ratings.of(rows), ordinal=True, least=least):
        if figure.name.startswith(("alpha", "AC2")):
            yield _measured(app, judge, version, pair, figure, weighted=weighted)


def _measured(app: str, judge: str, version: str, pair: str, figure: object, *, weighted: bool) -> Measured:
    said: Mapping[str, object] = {name: getattr(figure, name) for name in ("value", "low", "high", "n", "because")}
    return Measured(
        app=app, judge=judge, version=version, pair=pair, measure=str(getattr(figure, "name", "")), weighted=weighted,
        **said,
    )  # fmt: skip


def _word(passed: bool) -> str:
    return "pass" if passed else "fail"
