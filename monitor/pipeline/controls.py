"""Control items: samples whose right verdict is known, asked among all others: is the judge still itself?."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from uuid import UUID

from monitor.model import Sample
from monitor.policy import draw


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlItem:
    """A sample, and whether a good judge would let it pass."""

    sample: Sample
    passes: bool


@dataclass(frozen=True, slots=True)
class Controls:
    """The items of each judge, and how many are asked beside the product's samples."""

    items: Mapping[str, tuple[ControlItem, ...]] = field(default_factory=dict[str, tuple[ControlItem, ...]])
    """By judge."""
    share: float = 0.0
    """Control items for each sample of the product."""

    def beside(self, sample: UUID, judge: str) -> ControlItem | None:
        """The item to ask beside a sample; the same whenever that sample comes again."""
        items = self.items.get(judge, ())
        if not items or draw(sample.hex, salt=f"control {judge}") >= self.share:
            return None
        digest = blake2b(sample.bytes, digest_size=8, key=judge.encode()[:64]).digest()
        return items[int.from_bytes(digest, "big") % len(items)]
