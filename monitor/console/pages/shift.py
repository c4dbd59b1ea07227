"""What a reviewer does in front of the desk: one item after another, and back again."""

from dataclasses import dataclass, field
from uuid import UUID

from monitor.model import Item, Review, State, User
from monitor.pipeline.collect import Collect
from monitor.reviews import Refused

from .form import Filled

_IDLE_MS = 3_600_000
"""Whoever comes back later begins another shift."""
_MOST = 200
"""Items that one can go back to."""


@dataclass(slots=True)
class History:
    """What a reviewer did in a shift; it outlives the page, which a lost connection loads anew."""

    started_ms: int
    used_ms: int
    past: list[Review] = field(default_factory=list[Review])
    """Verdicts and skips, the newest last."""

    @property
    def done(self) -> int:
        """Verdicts of this shift."""
        return sum(review.state is State.DONE for review in self.past)

    @property
    def last(self) -> Review | None:
        return self.past[-1] if self.past else None

    def add(self, review: Review) -> None:
        """Remember something that was done, instead of what was done with the item before."""
        others = [one for one in self.past if one.item != review.item]
        self.past = [*others[-_MOST:], review]


@dataclass(slots=True)
class Shifts:
    """The shifts of all reviewers."""

    collect: Collect
    _by_user: dict[UUID, History] = field(default_factory=dict[UUID, History])

    def of(self, user: UUID) -> History:
        """The shift of a reviewer, who has just done something."""
        now_ms = self.collect.now_ms
        self._by_user = {one: known for one, known in self._by_user.items() if now_ms - known.used_ms < _IDLE_MS}
        known = self._by_user.get(user)
        if known is None:
            known = self._by_user[user] = History(now_ms, now_ms)
        known.used_ms = now_ms
        return known


@dataclass(slots=True)
class Shift:
    """One page of a reviewer, and the item that lies on it.

    Every method raises ``Refused``, ``InvalidAnswers`` and ``Unavailable`` as the desk does, and leaves what lies here.
    """

    collect: Collect
    user: User
    history: History
    item: Item | None = None
    filled: Filled = field(default_factory=Filled)
    """What the form says to begin with."""
    correcting: bool = False
    """Whether a verdict of theirs stands until they submit another."""

    @property
    def until_ms(self) -> int:
        """When the item is given to others; 0 for never."""
        mine = self.collect.desk.mine(self.item.id, self.user.id) if self.item else None
        return mine.until_ms if mine and mine.state is State.OPENED else 0

    async def take(self) -> None:
        """Go on to the next item; none lies here when there is nothing to do."""
        try:
            item = await self.collect.take(self.user.id, apps=self.user.apps)
        except Refused as refused:
            if refused.reason != "empty":
                raise
            item = None
        self._lay(item, Filled())

    async def submit(self, filled: Filled) -> Review:
        """Hand the form in."""
        hand_in = self.collect.correct if self.correcting else self.collect.submit
        review = await hand_in(
            Review(
                item=self._item.id,
                reviewer=self.user.id,
                state=State.DONE,
                answers=filled.answers,
                comment=filled.comment,
                cannot_tell=filled.cannot_tell,
            )
        )
        self.history.add(review)
        return review

    async def skip(self, reason: str) -> None:
        """Pass the item by."""
        self.history.add(await self.collect.skip(self._item.id, self.user.id, reason))

    async def undo(self) -> None:
        """Take back what was done last, and lay it here again as it was filled in."""
        last = self._last()
        if last.state is State.DONE:
            self.history.past[-1] = await self.collect.withdraw(last.item, self.user.id)
        try:
            item = await self.collect.open(last.item, self.user.id)
        except Refused:
            self.history.past.pop()  # somebody else has it by now
            raise
        self.history.past.pop()
        self._lay(item, _filled(last))

    async def correct(self) -> None:
        """Lay the last verdict here again; it stands until another is submitted."""
        last = self._last()
        if last.state is not State.DONE:
            raise Refused("nothing", "the last one was skipped; z takes it back")
        item = self.collect.desk.items.get(last.item)
        if item is None or item.erased:
            raise Refused("erased", "this item is gone")
        self._lay(item, _filled(last), correcting=True)

    async def renew(self) -> None:
        """Keep the item for another while, after its time has ended."""
        if not self.correcting:
            await self.collect.open(self._item.id, self.user.id)

    @property
    def _item(self) -> Item:
        if self.item is None:
            raise Refused("nothing", "there is no item here")
        return self.item

    def _last(self) -> Review:
        last = self.history.last
        if last is None:
            raise Refused("nothing", "there is nothing to take back in this shift")
        return last

    def _lay(self, item: Item | None, filled: Filled, *, correcting: bool = False) -> None:
        self.item, self.filled, self.correcting = item, filled, correcting


def _filled(review: Review) -> Filled:
    comment = "" if review.state is State.SKIPPED else review.comment
    return Filled(answers=review.answers, comment=comment, cannot_tell=review.cannot_tell)
