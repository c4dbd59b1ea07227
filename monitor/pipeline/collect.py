"""Collect: what people do at the desk becomes durable, and their verdicts become scores."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from monitor import metrics
from monitor.formats import Defaults, Limits, decode, formats
from monitor.judges import Marked, Rubric
from monitor.model import NOBODY, Item, Opinion, Origin, Reason, Record, Review, Sample, Source, State, Unjudged
from monitor.ports import Meter, Opinions, ReviewQueue
from monitor.reviews import Desk, Field, InvalidAnswers, Refused, Rule, form_of, mark_of, read_answers, reconciled

from .attention import Attention
from .bookings import Clock

_OVERLAP_MS = 10_000
"""Changes are read again from a little before the last time: rows of one moment become visible one after another."""
_UNSURE_MS = 10 * 60_000
"""Whoever ended between a review and its score left no score: for so long it is looked for."""
_SAID = frozenset({State.DONE, State.WITHDRAWN})
_SAMPLES_KEPT = 1_000


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
    attention: Attention = field(default_factory=Attention)
    _read_ms: int = 0
    _samples: dict[UUID, Sample] = field(default_factory=dict[UUID, Sample])
    _turns: defaultdict[UUID, asyncio.Lock] = field(
        default_factory=lambda: defaultdict[UUID, asyncio.Lock](asyncio.Lock)
    )
    """A reviewer does one thing after another: whoever clicks twice is answered when the first is durable."""
    _owed: list[Review] = field(default_factory=list[Review])
    """What undoes reviews of which nobody knows whether they were kept."""
    _unsaid: set[tuple[UUID, UUID]] = field(default_factory=set[tuple[UUID, UUID]])
    """Item and reviewer of verdicts whose scores are not durable yet."""
    _waiting: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    @property
    def now_ms(self) -> int:
        return int(self.clock() * 1000)

    async def refresh(self) -> int:
        """Read what was offered and reviewed since the last time, and write what is owed; how many items are new.

        Items of judges that are not in the settings any more stay where they are.

        Raises:
            Unavailable: the store is away; try again later.
        """
        now_ms = self.now_ms
        await self._settle()
        items, reviews = await self.queue.changes(max(self._read_ms - _OVERLAP_MS, 0))
        new = sum(self._put(item) for item in items)
        for review in reviews:
            self.desk.apply(review)
        self._read_ms = now_ms
        self._count_waiting()
        return new

    async def resume(self) -> int:
        """Read everything, as ``refresh``, and write those scores again that another process may have left unwritten.

        Raises:
            Unavailable: the store is away; try again later.
        """
        new = await self.refresh()
        since = self.now_ms - _UNSURE_MS
        for item, reviews in self.desk.reviews.items():
            late = (one for one in reviews.values() if one.at_ms > since and one.state in _SAID)
            self._unsaid |= {(item, one.reviewer) for one in late}
        await self._settle()
        return new

    async def lay(self, items: Sequence[Item]) -> int:
        """Lay items on the desk; how many were not there yet.

        Raises:
            Unavailable: not all of them may lie there; the same call is safe to repeat.
        """
        await self.refresh()
        fresh = list({item.id: item for item in items if item.id not in self.desk.items}.values())
        await self.queue.offer(fresh)
        new = [item for item in fresh if self._put(item)]
        for item in new:
            self.meter.count(metrics.OFFERED, (item.app, item.reason.value))
        return len(new)

    async def take(self, reviewer: UUID, *, apps: Collection[str] = ()) -> Item:
        """The next item for a reviewer, kept for them for a while.

        Raises:
            Refused: there is nothing to do.
            Unavailable: it could not be kept for them.
        """
        async with self._turns[reviewer]:
            await self._lay_known(reviewer, apps)
            return await self._opened(self.desk.take(reviewer, self.now_ms, apps=apps))

    async def _lay_known(self, reviewer: UUID, apps: Collection[str]) -> None:
        """Open an item with a known answer for the reviewer, where it is their turn to have one."""
        if not self.attention.share or self.desk.has_open(reviewer, self.now_ms):
            return
        now_ms = self.now_ms
        reviewed = self.desk.tally.progress(reviewer, now_ms).mine
        item = self.attention.due(reviewer, reviewed, lambda one: self.desk.mine(one, reviewer) is not None, now_ms)
        if item is None or (apps and item.app not in apps) or item.judge not in self.rubrics:
            return
        await self.queue.offer([item])
        self._put(item)
        await self._opened(self.desk.open(item.id, reviewer, now_ms))

    async def open(self, item: UUID, reviewer: UUID) -> Item:
        """One item in particular; a lead may open what others have reviewed, to decide.

        Raises:
            Refused: somebody else has it, or it is gone.
            Unavailable: it could not be kept for them.
        """
        async with self._turns[reviewer]:
            decides = reviewer in self.leads()
            return await self._opened(self.desk.open(item, reviewer, self.now_ms, decides=decides))

    async def submit(self, review: Review) -> Review:
        """Hand in a verdict.

        Raises:
            InvalidAnswers: the form is not filled in as it asks.
            Refused: it is too late, the second time, or the item is gone.
            Unavailable: it is not durable; hand it in again.
        """
        async with self._turns[review.reviewer]:
            review = self._checked(review)
            decides = review.reviewer in self.leads()
            return await self._done(self.desk.submit(review, self.now_ms, decides=decides))

    async def correct(self, review: Review) -> Review:
        """Change one's own verdict; raises as ``submit``."""
        async with self._turns[review.reviewer]:
            return await self._done(self.desk.correct(self._checked(review), self.now_ms))

    async def withdraw(self, item: UUID, reviewer: UUID) -> Review:
        """Take one's own verdict back; raises as ``submit``."""
        async with self._turns[reviewer]:
            return await self._done(self.desk.withdraw(item, reviewer, self.now_ms))

    async def skip(self, item: UUID, reviewer: UUID, reason: str) -> Review:
        """Pass an item by; raises as ``submit``."""
        async with self._turns[reviewer]:
            return await self._recorded(self.desk.skip(item, reviewer, reason, self.now_ms))

    async def take_in(self, review: Review) -> None:
        """A review that was made in another tool, as it stands there now: new, corrected or withdrawn.

        Raises:
            InvalidAnswers: it does not fit the form.
            Refused: the item is unknown here, or was erased.
            Unavailable: try again later; the same call is safe to repeat.
        """
        async with self._turns[review.reviewer]:
            if review.state is State.DONE:
                review = self._checked(review)
            made = self.desk.taken_in(review, self.now_ms)
            known = self.desk.mine(review.item, review.reviewer)
            same = known is not None and (known.state, known.answers, known.comment, known.cannot_tell) == (
                review.state, review.answers, review.comment, review.cannot_tell,
            )  # fmt: skip
            if not same:
                await self._done(made)

    def form(self, item: Item) -> tuple[Field, ...]:
        """The questions that are asked about an item.

        Raises:
            Refused: ``unreadable``, or ``no_form``: there is nothing to ask, for a reason that the message tells.
        """
        try:
            return form_of(self._rubric(item), self.sample(item))
        except Unjudged as error:
            raise Refused("no_form", f"the item has no form: {error.why}") from error

    def together(self, item: Item) -> Marked | None:
        """What all verdicts on an item come to; None where there is none yet."""
        marks = [(one.reviewer, mark) for one in self.desk.verdicts(item.id) if (mark := self.marked(item, one))]
        return reconciled(marks, self.rule, leads=self.leads()) if marks else None

    def sample(self, item: Item) -> Sample:
        """The sample of an item, as it was when it was offered."""
        known = self._samples.get(item.id)
        if known is None:
            record = Record(Origin("review", 0, 0), item.payload.encode(), item.created_ms)
            one = decode(record, formats["native"], defaults=Defaults(app=item.app), limits=Limits())[0]
            if not isinstance(one, Sample):
                raise Refused("unreadable", "the item's sample cannot be read; skip it")
            known = self._samples[item.id] = one
            if len(self._samples) > _SAMPLES_KEPT:
                self._samples.pop(next(iter(self._samples)))
        return known

    def mark(self, item: Item, review: Review) -> Marked:
        """What a review comes to."""
        rubric, sample = self._rubric(item), self.sample(item)
        return mark_of(rubric, sample, review.answers, comment=review.comment, cannot_tell=review.cannot_tell)

    def _put(self, item: Item) -> bool:
        if item.erased:
            self._samples.pop(item.id, None)
        return (item.erased or item.judge in self.rubrics) and self.desk.put(item)

    async def _opened(self, review: Review) -> Item:
        if self.desk.mine(review.item, review.reviewer) != review:
            await self._recorded(review)
        return self.desk.items[review.item]

    def _checked(self, review: Review) -> Review:
        item = self.desk.items.get(review.item)
        if item is None or item.erased:
            return review  # which the desk refuses
        if review.cannot_tell:
            return replace(review, answers={})
        try:
            return replace(review, answers=read_answers(self._rubric(item), self.sample(item), review.answers))
        except Unjudged as error:
            raise InvalidAnswers(f"the item has no form: {error.why}") from error

    def _rubric(self, item: Item) -> Rubric:
        rubric = self.rubrics.get(item.judge)
        if rubric is None:
            raise Refused("no_form", f"the judge {item.judge} is not in the settings any more")
        return rubric

    async def _done(self, review: Review) -> Review:
        """Durable, and so is what it comes to: if not now, then before long."""
        key = (review.item, review.reviewer)
        if self.desk.mine(*key) == review and key not in self._unsaid:
            return review  # the same once more
        await self._recorded(review)
        self._unsaid.add(key)
        await self._say([(self.desk.items[review.item], review)])
        if self.desk.mine(*key) == review:
            self._unsaid.discard(key)
        return review

    async def _recorded(self, review: Review) -> Review:
        """Applied at once, so that nobody else gets the item meanwhile; and taken back where it cannot be kept."""
        before = self.desk.mine(review.item, review.reviewer)
        self.desk.apply(review)
        try:
            await self.queue.record([review])
        except BaseException:
            if before != review:
                self._take_back(review, before)
            raise
        if before != review and review.state is not State.OPENED:
            item = self.desk.items[review.item]
            self.meter.count(metrics.REVIEWS, (item.app, item.reason.value, review.state.value))
        return review

    def _take_back(self, review: Review, before: Review | None) -> None:
        """Whether it was kept nobody knows: what undoes it is written as soon as the store is back."""
        undone = self.desk.taken_back(review, before)
        self.desk.apply(undone)
        self._owed.append(undone)
        if State.DONE in {review.state, undone.state}:
            self._unsaid.add((review.item, review.reviewer))

    async def _settle(self) -> None:
        """Write what is owed.

        Raises:
            Unavailable: it is owed still.
        """
        if owed := list(self._owed):
            await self.queue.record(owed)
            del self._owed[: len(owed)]
        unsaid, self._unsaid = self._unsaid, set()
        items = self.desk.items
        saying = [(items.get(item), self.desk.mine(item, who)) for item, who in unsaid]
        try:
            await self._say([(item, mine) for item, mine in saying if item and mine and not item.erased])
        except BaseException:
            self._unsaid |= unsaid
            raise

    async def _say(self, saying: Sequence[tuple[Item, Review]]) -> None:
        """Make scores of verdicts; one on an item with a known answer says something of the reviewer alone."""
        known = [(item, review) for item, review in saying if item.reason is Reason.ATTENTION]
        for item, review in known:
            mark = self.marked(item, review)
            version = self.versions.get(item.judge, "")
            if mark and (one := self.attention.controlled(item, review, version, mark.passed)):
                await self.opinions.control(one)
        found = [one for item, review in saying if (item, review) not in known for one in self.of(item, review)]
        if found:
            await self.opinions.write(found)

    def _count_waiting(self) -> None:
        now = Counter((item.app, item.reason.value) for item in self.desk.open_items())
        for labels in self._waiting.keys() | now.keys():
            self.meter.gauge(metrics.WAITING, now[labels], labels)
        self._waiting = now

    def of(self, item: Item, review: Review) -> Sequence[Opinion]:
        """The opinion of a reviewer, and what all of them come to together."""
        verdicts = self.desk.verdicts(item.id)
        latest = max((one.at_ms for one in self.desk.reviews[item.id].values()), default=review.at_ms)
        mark = self.marked(item, review)
        mine = self._opinion(item, review, mark or _NO_MARK, by=review.reviewer)
        mine = replace(mine, withdrawn=mark is None)
        together = self._opinion(item, verdicts[-1] if verdicts else review, self.together(item) or _NO_MARK, by=NOBODY)
        together = replace(together, at_ms=latest, withdrawn=not verdicts)
        said = [mine, together]
        if item.rubric != mine.version:  # what was said by an older wording is taken back there
            said += [replace(one, version=item.rubric) for one in said if one.withdrawn]
        return said

    def marked(self, item: Item, review: Review) -> Marked | None:
        """What a verdict comes to; None where it was taken back, or does not fit the form of today."""
        try:
            return self.mark(item, review) if review.state is State.DONE else None
        except (InvalidAnswers, Refused, Unjudged):
            return None

    def _opinion(self, item: Item, review: Review, mark: Marked, *, by: UUID) -> Opinion:
        sample = self.sample(item)
        return Opinion(
            sample=item.sample,
            time=sample.time,
            app=item.app,
            model=sample.model,
            source=Source.HUMAN,
            scorer=item.judge,
            version=self.versions.get(item.judge, item.rubric),
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
        )


_NO_MARK = Marked(value=None, label="withdrawn")
