"""Attention: items whose right answer is known, given out among the others, to see whether a reviewer still looks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

from monitor.formats import native
from monitor.model import Controlled, Item, Reason, Review
from monitor.policy import draw
from monitor.reviews import item_id

from .controls import ControlItem

_FOR_ALL = 1_000_000
"""Reviews that such an item may have: everybody gets it once."""
_SALT = "attention"


@dataclass(frozen=True)
class Attention:
    """The known items, and how many of those that are given out they are."""

    items: Mapping[str, tuple[ControlItem, ...]] = field(default_factory=dict[str, tuple[ControlItem, ...]])
    """By judge."""
    share: float = 0.0

    @cached_property
    def known(self) -> dict[UUID, tuple[Item, bool]]:
        """Each as an item for people, and whether a good reviewer lets it pass."""
        pairs = [(_item(judge, one), one.passes) for judge, those in self.items.items() for one in those]
        return {item.id: (item, passes) for item, passes in pairs}

    def due(self, reviewer: UUID, reviewed: int, seen: Callable[[UUID], bool], now_ms: int) -> Item | None:
        """What a reviewer is to be given next, where the draw wants that.

        Args:
            reviewer: who asks.
            reviewed: how many verdicts they have given: each step has a draw of its own.
            seen: whether they have had an item.
            now_ms: the time.
        """
        if not self.share or draw(f"{reviewer.hex} {reviewed}", salt=_SALT) >= self.share:
            return None
        fresh = sorted(key for key in self.known if not seen(key))
        if not fresh:
            return None
        chosen = fresh[int(draw(f"{reviewer.hex} {reviewed}", salt=f"{_SALT} which") * len(fresh))]
        return replace(self.known[chosen][0], created_ms=now_ms)

    def controlled(self, item: Item, review: Review, version: str, passed: bool | None) -> Controlled | None:
        """What a reviewer's verdict on such an item says of them; None where the item is not known any more."""
        if item.id not in self.known:
            return None
        return Controlled(
            judge=f"reviewer {review.reviewer}",
            version=version,
            item=item.sample,
            beside=item.id,
            passes=self.known[item.id][1],
            passed=passed,
            missing="" if passed is not None else "cannot_tell",
            at_ms=review.at_ms,
        )


def _item(judge: str, one: ControlItem) -> Item:
    sample = one.sample
    return Item(
        id=item_id(f"{_SALT}/{sample.app}", judge, sample),
        sample=sample.id,
        app=sample.app,
        judge=judge,
        rubric="",
        payload=native.write(sample).decode(),
        reason=Reason.ATTENTION,
        inclusion=0.0,
        wanted=_FOR_ALL,
    )
