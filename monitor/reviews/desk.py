"""The desk where reviewers take items and hand in verdicts: who may have what, as a function of what happened and when.

Nothing here waits or writes. A change is a ``Review``: the desk says whether it may be, whoever calls applies it and
makes it durable. So the state is what the reviews say, in the order in which they were made.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from uuid import UUID

from monitor.model import Item, Reason, Review, State

from .tally import Tally

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
    per_day: Mapping[str, int | None] = field(default_factory=dict[str, int | None])
    """Reviews a day, by application; None for no limit."""
    per_day_else: int | None = None
    """The same for applications of which nothing is said."""

    def limit(self, app: str) -> float:
        """Reviews of an application a day."""
        limit = self.per_day.get(app, self.per_day_else)
        return inf if limit is None else limit


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
    _leases: dict[tuple[UUID, UUID], Review] = field(default_factory=dict[tuple[UUID, UUID], Review])
    """What is open, by item and reviewer; leases that have ended are dropped by and by."""
    tally: Tally = field(default_factory=Tally)

    def put(self, item: Item) -> bool:
        """Lay an item on the desk; False when it lies there already."""
        known = self.items.get(item.id)
        if known is not None and not item.erased:
            return False
        self.items[item.id] = item
        for review in self._of(item.id).values():
            self.tally.update(item, review)
            if item.erased:
                self._leases.pop((item.id, review.reviewer), None)
        self._file(item)
        return known is None

    def apply(self, review: Review) -> None:
        """Take a review into account."""
        before = self._of(review.item).get(review.reviewer)
        if before is not None and before.at_ms > review.at_ms:
            return  # an older one, read late
        self.reviews[review.item][review.reviewer] = review
        item = self.items.get(review.item)
        if review.state is State.OPENED and not (item and item.erased):
            self._leases[review.item, review.reviewer] = review
        else:
            self._leases.pop((review.item, review.reviewer), None)
        if item is not None:
            self.tally.update(item, review)
            self._file(item)

    def take(self, reviewer: UUID, now_ms: int, *, apps: Collection[str] = ()) -> Review:
        """The next item for a reviewer, opened: the one that they have open already, else the first that is free.

        Args:
            reviewer: who asks.
            now_ms: the time.
            apps: only of these applications; of all where none is named.

        Raises:
            Refused: there is nothing to do (``empty``).
        """
        under_way: Counter[str] = Counter()
        for (item_id, who), lease in self._live(now_ms):
            app = self.items[item_id].app
            under_way[app] += 1
            if who == reviewer and (not apps or app in apps):
                return lease
        full: dict[str, bool] = {}
        for item in self._in_order():
            app = item.app
            if apps and app not in apps:
                continue
            if app not in full:
                full[app] = self.tally.done(app, now_ms) + under_way[app] >= self.rules.limit(app)
            if not full[app] and self._free(item, reviewer, now_ms):
                return self._opened(item, reviewer, now_ms)
        enough = [app for app, reached in full.items() if reached]
        later = f" today: of {', '.join(enough)} enough is done or under way" if enough else ""
        raise Refused("empty", f"there is nothing left to review{later}")

    def open(self, item_id: UUID, reviewer: UUID, now_ms: int, *, decides: bool = False) -> Review:
        """Open one item in particular.

        Args:
            item_id: which.
            reviewer: who asks.
            now_ms: the time.
            decides: whether they may add a verdict of their own where others have given all that were wanted.

        Raises:
            Refused: ``unknown``, ``erased``, ``taken`` by as many as it needs, or ``done`` by this reviewer.
        """
        item = self._present(item_id)
        mine = self._of(item_id).get(reviewer)
        if mine and mine.state is State.OPENED and mine.until_ms > now_ms:
            return mine
        if mine and mine.state is State.DONE:
            raise Refused("done", "you have reviewed this item; correct your review instead")
        if not self._room(item, reviewer, now_ms, decides=decides):
            raise Refused("taken", "others are at this item or have reviewed it; take the next one")
        return self._opened(item, reviewer, now_ms)

    def submit(self, review: Review, now_ms: int, *, decides: bool = False) -> Review:
        """Hand in a verdict, whose answers have been checked.

        Raises:
            Refused: ``unknown``, ``erased``, ``twice``, ``not_opened``, or ``late``: the lease ended, and others have
                the item since.
        """
        item = self._present(review.item)
        mine = self._of(review.item).get(review.reviewer)
        if mine and mine.state is State.DONE:
            if (mine.answers, mine.comment, mine.cannot_tell) == (review.answers, review.comment, review.cannot_tell):
                return mine  # the same once more: an answer that was lost on its way
            raise Refused("twice", "you have reviewed this item already; correct your review instead")
        if mine is None or mine.state is not State.OPENED:
            raise Refused("not_opened", "take the item before you review it")
        if mine.until_ms <= now_ms and not self._room(item, review.reviewer, now_ms, decides=decides):
            raise Refused("late", "your time for this item ended, and others have it now; take the next one")
        opened_ms = mine.until_ms - self.rules.lease_ms
        return replace(
            review,
            state=State.DONE,
            at_ms=_after(mine, now_ms),
            until_ms=0,
            seconds=max(now_ms - opened_ms, 0) / 1000,
            revision=mine.revision,
        )

    def correct(self, review: Review, now_ms: int) -> Review:
        """Change one's own verdict.

        Raises:
            Refused: ``unknown``, ``erased``, or ``nothing``: there is no verdict of theirs.
        """
        self._present(review.item)
        mine = self._own(review.item, review.reviewer)
        return replace(
            review,
            state=State.DONE,
            at_ms=_after(mine, now_ms),
            seconds=mine.seconds,
            revision=mine.revision + 1,
            outside_id=review.outside_id or mine.outside_id,
        )

    def skip(self, item_id: UUID, reviewer: UUID, reason: str, now_ms: int) -> Review:
        """Pass an item by; it goes to others and does not come back to this reviewer.

        Raises:
            Refused: ``unknown``, ``erased``, or ``done`` by this reviewer.
        """
        self._present(item_id)
        mine = self._of(item_id).get(reviewer)
        if mine and mine.state is State.DONE:
            raise Refused("done", "you have reviewed this item; withdraw your review instead")
        return Review(
            item=item_id,
            reviewer=reviewer,
            state=State.SKIPPED,
            answers={},
            comment=reason,
            at_ms=_after(mine, now_ms),
            revision=mine.revision if mine else 0,
        )

    def withdraw(self, item_id: UUID, reviewer: UUID, now_ms: int) -> Review:
        """Take one's verdict back: it counts no more, and the item is open again, for them too.

        Raises:
            Refused: ``unknown``, ``erased``, or ``nothing``: there is no verdict of theirs.
        """
        self._present(item_id)
        mine = self._own(item_id, reviewer)
        return replace(mine, state=State.WITHDRAWN, at_ms=_after(mine, now_ms), revision=mine.revision + 1)

    def taken_in(self, review: Review, now_ms: int) -> Review:
        """A review that was made elsewhere, whatever the leases here say: it was made.

        Raises:
            Refused: ``unknown`` or ``erased``.
        """
        self._present(review.item)
        mine = self._of(review.item).get(review.reviewer)
        again = mine is not None and mine.state in {State.DONE, State.WITHDRAWN}
        revision = mine.revision + 1 if mine and again else 0
        return replace(review, at_ms=_after(mine, now_ms), revision=revision)

    def taken_back(self, review: Review, before: Review | None) -> Review:
        """What undoes a review that could not be kept, and stands also where it turns out to have been kept after all.

        Args:
            review: what was applied.
            before: what stood until then; None where there was nothing.
        """
        if before is None:
            before = replace(review, state=State.WITHDRAWN, answers={}, comment="", until_ms=0, outside_id="")
        return replace(before, at_ms=review.at_ms + 1)

    def waiting(self, now_ms: int, *, apps: Collection[str] = ()) -> Counter[Reason]:
        """Items that need more reviews, by reason."""
        return Counter(item.reason for item in self._open.values() if not apps or item.app in apps)

    def open_items(self) -> list[Item]:
        """Items that need more reviews, in the order in which they are given out."""
        return list(self._in_order())

    def needs(self, item_id: UUID) -> bool:
        """Whether an item needs more reviews."""
        return item_id in self._open

    def verdicts(self, item_id: UUID) -> list[Review]:
        """The verdicts on an item that count, the oldest first."""
        return sorted(
            (review for review in self._of(item_id).values() if review.state is State.DONE),
            key=lambda review: (review.at_ms, review.reviewer),
        )

    def has_open(self, reviewer: UUID, now_ms: int) -> bool:
        """Whether a reviewer is at an item."""
        return any(who == reviewer for (_, who), _ in self._live(now_ms))

    def mine(self, item_id: UUID, reviewer: UUID) -> Review | None:
        """The newest that a reviewer did with an item."""
        return self._of(item_id).get(reviewer)

    def _of(self, item_id: UUID) -> Mapping[UUID, Review]:
        """Without making room for what is not there."""
        return self.reviews.get(item_id, _NONE)

    def _in_order(self) -> Iterable[Item]:
        if not self._sorted:
            self._open = {item.id: item for item in sorted(self._open.values(), key=_rank)}
            self._sorted = True
        return self._open.values()

    def _file(self, item: Item) -> None:
        """Among those that need more reviews, or not."""
        done = sum(review.state is State.DONE for review in self._of(item.id).values())
        if item.erased or done >= item.wanted or item.reason is Reason.ATTENTION:  # not for whoever comes next
            self._open.pop(item.id, None)
        elif item.id not in self._open:
            self._open[item.id] = item
            self._sorted = False

    def _live(self, now_ms: int) -> list[tuple[tuple[UUID, UUID], Review]]:
        """Leases that have not ended, of items that lie here."""
        self._leases = {key: lease for key, lease in self._leases.items() if lease.until_ms > now_ms}
        return [(key, lease) for key, lease in self._leases.items() if key[0] in self.items]

    def _free(self, item: Item, reviewer: UUID, now_ms: int) -> bool:
        mine = self._of(item.id).get(reviewer)
        if mine and mine.state in {State.DONE, State.SKIPPED}:
            return False
        return self._taken(item, reviewer, now_ms) < item.wanted

    def _room(self, item: Item, reviewer: UUID, now_ms: int, *, decides: bool) -> bool:
        """Whether one more may be at an item."""
        over = decides and len(self.verdicts(item.id)) >= item.wanted
        return over or self._taken(item, reviewer, now_ms) < item.wanted

    def _taken(self, item: Item, reviewer: UUID, now_ms: int) -> int:
        """By how many others it is reviewed or open."""
        return sum(
            review.state is State.DONE or (review.state is State.OPENED and review.until_ms > now_ms)
            for other, review in self._of(item.id).items()
            if other != reviewer
        )

    def _opened(self, item: Item, reviewer: UUID, now_ms: int) -> Review:
        before = self._of(item.id).get(reviewer)
        return Review(
            item=item.id,
            reviewer=reviewer,
            state=State.OPENED,
            answers={},
            until_ms=now_ms + self.rules.lease_ms,
            at_ms=_after(before, now_ms),
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
        mine = self._of(item_id).get(reviewer)
        if mine is None or mine.state is not State.DONE:
            raise Refused("nothing", "there is no review of yours on this item")
        return mine


_NONE: Mapping[UUID, Review] = {}


def _after(before: Review | None, now_ms: int) -> int:
    """The time of a reviewer's next step: later than the one before, whatever the clock does, so that order is kept."""
    return max(now_ms, before.at_ms + 1) if before else now_ms


def _rank(item: Item) -> tuple[object, ...]:
    return (_ORDER[item.reason], item.due_ms or 2**63, item.created_ms, item.id)
