"""Collect: what people do at the desk becomes durable, and their verdicts become scores."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from monitor import metrics
from monitor.formats import Defaults, Limits, decode, formats
from monitor.judges import Marked, Rubric
from monitor.model import NOBODY, Item, Opinion, Origin, Record, Review, Sample, Source, State
from monitor.ports import Meter, Opinions, ReviewQueue
from monitor.reviews import Desk, InvalidAnswers, Refused, Rule, mark_of, read_answers, reconciled

from .bookings import Clock

_OVERLAP_MS = 10_000
"""Changes are read again from a little before the last time: rows of one moment become visible one after another."""


@dataclass(slots=True)
class Collect:
    """The desk and what stands behind it; one process has it, so that nobody else gives the same item out."""

    desk: Desk
    rubrics: Mapping[str, Rubric]
    """By judge."""
    versions: Mapping[str, str]
    """Of the rubrics, by judge."""
    queue: ReviewQueue
    opinions: Opinions
    rule: Rule
    leads: Callable[[], Collection[UUID]]
    clock: Clock
    """Seconds since 1970."""
    meter: Meter
    _read_ms: int = 0
    _samples: dict[UUID, Sample] = field(default_factory=dict[UUID, Sample])

    @property
    def now_ms(self) -> int:
        return int(self.clock() * 1000)

    async def refresh(self) -> int:
        """Read what was offered and reviewed since the last time; how many items are new.

        Raises:
            Unavailable: the store is away; try again later.
        """
        now_ms = self.now_ms
        items, reviews = await self.queue.changes(max(self._read_ms - _OVERLAP_MS, 0))
        new = sum(self.desk.put(item) for item in items)
        for review in reviews:
            self.desk.apply(review)
        self._read_ms = now_ms
        return new

    async def take(self, reviewer: UUID, *, apps: Collection[str] = ()) -> Item:
        """The next item for a reviewer, kept for them for a while.

        Raises:
            Refused: there is nothing to do.
            Unavailable: it could not be kept for them.
        """
        return await self._opened(self.desk.take(reviewer, self.now_ms, apps=apps))

    async def open(self, item: UUID, reviewer: UUID) -> Item:
        """One item in particular.

        Raises:
            Refused: somebody else has it, or it is gone.
            Unavailable: it could not be kept for them.
        """
        return await self._opened(self.desk.open(item, reviewer, self.now_ms))

    async def submit(self, review: Review) -> Review:
        """Hand in a verdict.

        Raises:
            InvalidAnswers: the form is not filled in as it asks.
            Refused: it is too late, the second time, or the item is gone.
            Unavailable: it is not durable; hand it in again.
        """
        review = self._checked(review)
        return await self._done(self.desk.submit(review, self.now_ms))

    async def correct(self, review: Review) -> Review:
        """Change one's own verdict; raises as ``submit``."""
        return await self._done(self.desk.correct(self._checked(review), self.now_ms))

    async def withdraw(self, item: UUID, reviewer: UUID) -> Review:
        """Take one's own verdict back; raises as ``submit``."""
        return await self._done(self.desk.withdraw(item, reviewer, self.now_ms))

    async def skip(self, item: UUID, reviewer: UUID, reason: str) -> Review:
        """Pass an item by; raises as ``submit``."""
        return await self._recorded(self.desk.skip(item, reviewer, reason, self.now_ms))

    async def take_in(self, review: Review) -> None:
        """A review that was made in another tool, as it stands there now: new, corrected or withdrawn.

        Raises:
            InvalidAnswers: it does not fit the form.
            Refused: the item is unknown here, or was erased.
            Unavailable: try again later; the same call is safe to repeat.
        """
        if review.item not in self.desk.items:
            raise Refused("unknown", "there is no such item")
        known = self.desk.reviews[review.item].get(review.reviewer)
        if review.state is State.DONE:
            review = self._checked(review)
        same = known is not None and (known.state, known.answers, known.comment, known.cannot_tell) == (
            review.state, review.answers, review.comment, review.cannot_tell,
        )  # fmt: skip
        if not same:
            revision = known.revision + 1 if known and known.state is State.DONE else 0
            await self._done(replace(review, at_ms=self.now_ms, revision=revision))

    def sample(self, item: Item) -> Sample:
        """The sample of an item, as it was when it was offered."""
        known = self._samples.get(item.id)
        if known is None:
            record = Record(Origin("review", 0, 0), item.payload.encode(), item.created_ms)
            (one,) = decode(record, formats["native"], defaults=Defaults(app=item.app), limits=Limits())
            if not isinstance(one, Sample):
                raise Refused("unreadable", "the item's sample cannot be read")
            known = self._samples[item.id] = one
            if len(self._samples) > 1_000:
                self._samples.pop(next(iter(self._samples)))
        return known

    def mark(self, item: Item, review: Review) -> Marked:
        """What a review comes to."""
        rubric, sample = self._rubric(item), self.sample(item)
        return mark_of(rubric, sample, review.answers, comment=review.comment, cannot_tell=review.cannot_tell)

    async def _opened(self, review: Review) -> Item:
        known = self.desk.reviews[review.item].get(review.reviewer)
        if known != review:
            await self._recorded(review)
        return self.desk.items[review.item]

    def _checked(self, review: Review) -> Review:
        item = self.desk.items.get(review.item)
        if item is None or item.erased or review.cannot_tell:
            return replace(review, answers={}) if review.cannot_tell else review
        return replace(review, answers=read_answers(self._rubric(item), self.sample(item), review.answers))

    def _rubric(self, item: Item) -> Rubric:
        rubric = self.rubrics.get(item.judge)
        if rubric is None:
            raise InvalidAnswers(f"the judge {item.judge} is not in the settings any more")
        return rubric

    async def _done(self, review: Review) -> Review:
        await self._recorded(review)
        item = self.desk.items[review.item]
        await self.opinions.write(self.of(item, review))
        self.meter.count(metrics.REVIEWS, (item.app, item.reason.value, review.state.value))
        return review

    async def _recorded(self, review: Review) -> Review:
        """Applied at once, so that nobody else gets the item meanwhile; and taken back where it cannot be kept."""
        before = self.desk.reviews[review.item].get(review.reviewer)
        self.desk.apply(review)
        try:
            await self.queue.record([review])
        except BaseException:
            gone = replace(review, state=State.WITHDRAWN, until_ms=0)
            self.desk.apply(replace(before, at_ms=review.at_ms) if before else gone)
            raise
        return review

    def of(self, item: Item, review: Review) -> Sequence[Opinion]:
        """The opinion of a reviewer, and what all of them come to together."""
        mine = self._opinion(item, review, self._marked(item, review), by=review.reviewer)
        verdicts = self.desk.verdicts(item.id)
        if not verdicts:
            together = replace(mine, by=NOBODY, withdrawn=True)
        else:
            marks = [(one.reviewer, self._marked(item, one)) for one in verdicts]
            mark = reconciled(marks, self.rule, leads=self.leads())
            together = self._opinion(item, verdicts[-1], mark, by=NOBODY)
            together = replace(together, at_ms=review.at_ms, withdrawn=False)
        return [mine, together]

    def _marked(self, item: Item, review: Review) -> Marked:
        """Of a verdict that was taken back there is nothing to say."""
        return self.mark(item, review) if review.state is State.DONE else Marked(value=None, label="withdrawn")

    def _opinion(self, item: Item, review: Review, mark: Marked, *, by: UUID) -> Opinion:
        sample = self.sample(item)
        return Opinion(
            sample=item.sample,
            time=sample.time,
            app=item.app,
            model=sample.model,
            source=Source.HUMAN,
            scorer=item.judge,
            version=item.rubric,
            by=by,
            value=mark.value,
            passed=mark.passed,
            label=mark.label,
            why=mark.why,
            missing=mark.missing.value if mark.missing else "",
            points=mark.points,
            inclusion=item.inclusion,
            reason=item.reason.value,
            seconds=review.seconds,
            at_ms=review.at_ms,
            withdrawn=review.state is State.WITHDRAWN,
        )
