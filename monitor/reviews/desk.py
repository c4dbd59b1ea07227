"""The desk where reviewers take items and hand in verdicts: who may have what, as a function of what happened and when.

Nothing here waits or writes. A change is a ``Review``: the desk says whether it may be, whoever calls applies it and
makes it durable. So the state is what the reviews say, in the order in which they were made.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from monitor.model import Item, Reason, Review, State

DAY_MS = 86_400_000
_ORDER = {reason: number for number, reason in enumerate(Reason)}
"""Random items first: hard ones must not crowd out what stands for all."""


class Refused(Exception):
    """The desk does not do that; the message says why and what to do instead."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        """A word from a closed set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the desk gives items out."""

    lease_ms: int = 15 * 60 * 1000
    """How long an item is kept for whoever opened it."""
    per_day: Mapping[str, int] = field(default_factory=dict[str, int])
    """Reviews a day, by application; no limit where nothing is said."""


@dataclass(slots=True)
class Desk:
    """All items and who did what with them."""

    rules: Rules
    items: dict[UUID, Item] = field(default_factory=dict[UUID, Item])
    reviews: defaultdict[UUID, dict[UUID, Review]] = field(
        default_factory=lambda: defaultdict[UUID, dict[UUID, Review]](dict)
    )
    """The newest of each reviewer, by item."""
    _open: dict[UUID, Item] = field(default_factory=dict[UUID, Item])
    """Items that need more reviews, in the order in which they are given out."""
    _sorted: bool = True
    _done: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    """Reviews by application and day."""

    def put(self, item: Item) -> bool:
        """Lay an item on the desk; False when it lies there already."""
        known = self.items.get(item.id)
        if known is not None and not item.erased:
            return False
        self.items[item.id] = item
        if item.erased:
            self._open.pop(item.id, None)
        elif self._needs(item):
            self._open[item.id] = item
            self._sorted = False
        return known is None

    def apply(self, review: Review) -> None:
        """Take a review into account."""
        before = self.reviews[review.item].get(review.reviewer)
        if before is not None and before.at_ms > review.at_ms:
            return  # an older one, read late
        self.reviews[review.item][review.reviewer] = review
        item = self.items.get(review.item)
        if item is None:
            return
        was, now = before is not None and before.state is State.DONE, review.state is State.DONE
        self._done[item.app, review.at_ms // DAY_MS] += now - was
        if not self._needs(item):
            self._open.pop(item.id, None)
        elif item.id not in self._open and not item.erased:
            self._open[item.id] = item
            self._sorted = False

    def take(self, reviewer: UUID, now_ms: int, *, apps: Collection[str] = ()) -> Review:
        """The next item for a reviewer, opened: the one that they have open already, else the first that is free.

        Args:
            reviewer: who asks.
            now_ms: the time.
            apps: only of these applications; of all where none is named.

        Raises:
            Refused: there is nothing to do (``empty``).
        """
        for item in self._in_order():
            mine = self.reviews[item.id].get(reviewer)
            if mine and mine.state is State.OPENED and mine.until_ms > now_ms:
                return mine
        for item in self._in_order():
            if apps and item.app not in apps:
                continue
            if self._free(item, reviewer, now_ms):
                return self._opened(item, reviewer, now_ms)
        raise Refused("empty", "there is nothing left to review")

    def open(self, item_id: UUID, reviewer: UUID, now_ms: int) -> Review:
        """Open one item in particular.

        Raises:
            Refused: ``unknown``, ``erased``, ``taken`` by as many as it needs, or ``done`` by this reviewer.
        """
        item = self._present(item_id)
        mine = self.reviews[item_id].get(reviewer)
        if mine and mine.state is State.OPENED and mine.until_ms > now_ms:
            return mine
        if mine and mine.state is State.DONE:
            raise Refused("done", "you have reviewed this item; correct your review instead")
        if self._taken(item, reviewer, now_ms) >= item.wanted:
            raise Refused("taken", "others are at this item or have reviewed it; take the next one")
        return self._opened(item, reviewer, now_ms)

    def submit(self, review: Review, now_ms: int) -> Review:
        """Hand in a verdict, whose answers have been checked.

        Raises:
            Refused: ``unknown``, ``erased``, ``twice``, or ``late``: the lease ended and others have done it since.
        """
        item = self._present(review.item)
        mine = self.reviews[review.item].get(review.reviewer)
        if mine and mine.state is State.DONE:
            if (mine.answers, mine.comment, mine.cannot_tell) == (review.answers, review.comment, review.cannot_tell):
                return mine  # the same once more: an answer that was lost on its way
            raise Refused("twice", "you have reviewed this item already; correct your review instead")
        if mine is None or mine.state is not State.OPENED:
            raise Refused("not_opened", "take the item before you review it")
        if mine.until_ms <= now_ms and self._taken(item, review.reviewer, now_ms) >= item.wanted:
            raise Refused("late", "your time for this item ended, and others have it now; take the next one")
        opened_ms = mine.until_ms - self.rules.lease_ms
        return replace(
            review, state=State.DONE, at_ms=now_ms, seconds=max(now_ms - opened_ms, 0) / 1000, revision=mine.revision
        )

    def correct(self, review: Review, now_ms: int) -> Review:
        """Change one's own verdict.

        Raises:
            Refused: ``unknown``, ``erased``, or ``nothing``: there is no verdict of theirs.
        """
        self._present(review.item)
        mine = self._own(review.item, review.reviewer)
        return replace(review, state=State.DONE, at_ms=now_ms, seconds=mine.seconds, revision=mine.revision + 1)

    def skip(self, item_id: UUID, reviewer: UUID, reason: str, now_ms: int) -> Review:
        """Pass an item by; it goes to others and does not come back to this reviewer.

        Raises:
            Refused: ``unknown``, ``erased``, or ``done`` by this reviewer.
        """
        self._present(item_id)
        mine = self.reviews[item_id].get(reviewer)
        if mine and mine.state is State.DONE:
            raise Refused("done", "you have reviewed this item; withdraw your review instead")
        return Review(item=item_id, reviewer=reviewer, state=State.SKIPPED, answers={}, comment=reason, at_ms=now_ms)

    def withdraw(self, item_id: UUID, reviewer: UUID, now_ms: int) -> Review:
        """Take one's verdict back: it counts no more, and the item is open again, for them too.

        Raises:
            Refused: ``unknown`` or ``nothing``: there is no verdict of theirs.
        """
        mine = self._own(item_id, reviewer)
        return replace(mine, state=State.WITHDRAWN, at_ms=now_ms, revision=mine.revision + 1)

    def waiting(self, now_ms: int, *, apps: Collection[str] = ()) -> Counter[Reason]:
        """Items that need more reviews, by reason."""
        return Counter(item.reason for item in self._open.values() if not apps or item.app in apps)

    def verdicts(self, item_id: UUID) -> list[Review]:
        """The verdicts on an item that count, the oldest first."""
        return sorted(
            (review for review in self.reviews[item_id].values() if review.state is State.DONE),
            key=lambda review: (review.at_ms, review.reviewer),
        )

    def _in_order(self) -> Iterator[Item]:
        if not self._sorted:
            self._open = {item.id: item for item in sorted(self._open.values(), key=_rank)}
            self._sorted = True
        return iter(list(self._open.values()))

    def _needs(self, item: Item) -> bool:
        done = sum(review.state is State.DONE for review in self.reviews[item.id].values())
        return not item.erased and done < item.wanted

    def _free(self, item: Item, reviewer: UUID, now_ms: int) -> bool:
        mine = self.reviews[item.id].get(reviewer)
        if mine and mine.state in {State.DONE, State.SKIPPED}:
            return False
        limit = self.rules.per_day.get(item.app)
        if limit is not None and self._done[item.app, now_ms // DAY_MS] >= limit:
            return False
        return self._taken(item, reviewer, now_ms) < item.wanted

    def _taken(self, item: Item, reviewer: UUID, now_ms: int) -> int:
        """By how many others it is reviewed or open."""
        return sum(
            review.state is State.DONE or (review.state is State.OPENED and review.until_ms > now_ms)
            for other, review in self.reviews[item.id].items()
            if other != reviewer
        )

    def _opened(self, item: Item, reviewer: UUID, now_ms: int) -> Review:
        before = self.reviews[item.id].get(reviewer)
        return Review(
            item=item.id,
            reviewer=reviewer,
            state=State.OPENED,
            answers={},
            until_ms=now_ms + self.rules.lease_ms,
            at_ms=now_ms,
            revision=before.revision if before else 0,
        )

    def _present(self, item_id: UUID) -> Item:
        item = self.items.get(item_id)
        if item is None:
            raise Refused("unknown", "there is no such item")
        if item.erased:
            raise Refused("erased", "this item was erased, at the wish of the person whom it speaks of")
        return item

    def _own(self, item_id: UUID, reviewer: UUID) -> Review:
        mine = self.reviews[item_id].get(reviewer)
        if mine is None or mine.state is not State.DONE:
            raise Refused("nothing", "there is no review of yours on this item")
        return mine


def _rank(item: Item) -> tuple[object, ...]:
    return (_ORDER[item.reason], item.due_ms or 2**63, item.created_ms, item.id)
