"""What people did in another tool, taken in: a review for each annotation, however often it changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import NAMESPACE_URL, UUID, uuid5

from monitor.model import Annotation, Item, Review, Seen, State, Unjudged
from monitor.reviews import InvalidAnswers, Misfit, Refused, read_result

from .collect import Collect
from .exchanged import Found, What, became

ANNOTATORS = uuid5(NAMESPACE_URL, "https://evergauge.dev/annotators")
"""Whoever annotates elsewhere and has no account here is a hash of this and of their e-mail in small letters."""
COUNTS = frozenset({State.DONE, State.SKIPPED})


@dataclass(slots=True)
class Intake:
    """The way in to the desk."""

    collect: Collect
    accounts: Mapping[str, UUID] = field(default_factory=dict[str, UUID])
    """People who have an account here, by their name in small letters."""

    async def take_in(self, seen: Sequence[Seen], ours: Collection[UUID], found: Found) -> None:
        """Make reviews of what was seen, and withdraw those whose annotation is not among it any more.

        Args:
            seen: tasks, each with all its annotations.
            ours: items that the tool was given.
            found: where it is told what came of it.

        Raises:
            Unavailable: the store is away; the same call is safe to repeat.
        """
        newest: dict[tuple[UUID, UUID], Annotation] = {}
        known = [(item, one) for one in seen if (item := self._item(one, ours, found))]
        for item, one in known:
            for annotation in one.annotations:
                reviewer = self._reviewer(item, annotation)
                if reviewer is None:
                    found.trouble("nobody", annotation.key, "nobody knows whose annotation it is")
                    continue
                rival = newest.get((item.id, reviewer))
                if rival is None or _age(rival) < _age(annotation):
                    newest[item.id, reviewer] = annotation
        for (item_id, reviewer), annotation in newest.items():
            await self._take(self.collect.desk.items[item_id], reviewer, annotation, found)
        for item, one in known:
            for review in list(self.collect.desk.reviews.get(item.id, {}).values()):
                deleted = review.state in COUNTS and task_of_review(review) == one.task
                if deleted and (item.id, review.reviewer) not in newest:
                    await self.withdraw(item, review, found)

    async def _take(self, item: Item, reviewer: UUID, annotation: Annotation, found: Found) -> None:
        before = self.collect.desk.mine(item.id, reviewer)
        if before is not None and before.outside_id == annotation.outside_id:
            return  # taken in as it is; what was done with it here since then stands
        try:
            await self.collect.take_in(self._review(item, reviewer, annotation))
        except (InvalidAnswers, Refused, Unjudged) as error:
            reason = error.reason if isinstance(error, Misfit | Refused) else "no_form"
            found.trouble(reason, annotation.key, f"by {annotation.by or reviewer}: {error}")
            return
        if what := became(before, self.collect.desk.mine(item.id, reviewer)):
            found.count(what, item.judge)

    def _review(self, item: Item, reviewer: UUID, annotation: Annotation) -> Review:
        blank = Review(
            item=item.id, reviewer=reviewer, state=State.SKIPPED, answers={}, seconds=annotation.seconds,
            outside_id=annotation.outside_id,
        )  # fmt: skip
        if annotation.skipped:
            return replace(blank, comment="skipped in Label Studio")
        rubric = self.collect.rubrics[item.judge]
        said = read_result(rubric, self.collect.sample(item), annotation.result)
        return replace(
            blank, state=State.DONE, answers=said.answers, comment=said.comment, cannot_tell=said.cannot_tell
        )

    async def withdraw(self, item: Item, review: Review, found: Found) -> None:
        """A review whose annotation is gone counts no more."""
        try:
            await self.collect.take_in(replace(review, state=State.WITHDRAWN))
        except Refused as error:
            found.trouble(error.reason, review.outside_id, str(error))
        else:
            found.count(What.WITHDRAWN, item.judge)

    def _item(self, one: Seen, ours: Collection[UUID], found: Found) -> Item | None:
        """Whose task that is; an item that was given out once and is not here any more is no mistake of anybody."""
        item = self.collect.desk.items.get(one.item) if one.item else None
        if item is None and one.annotations and one.item not in ours:
            found.trouble("unknown_item", one.task, "is no task of ours: it was made by hand")
        return None if item is None or item.erased else item

    def _reviewer(self, item: Item, annotation: Annotation) -> UUID | None:
        """Who did it: always the same for an annotation, also when people change their address."""
        for review in self.collect.desk.reviews.get(item.id, {}).values():
            if review.outside_id.rpartition("@")[0] == annotation.key:
                return review.reviewer
        if not annotation.by:
            return None
        by = annotation.by.casefold()
        return self.accounts.get(by) or uuid5(ANNOTATORS, by)


def _age(annotation: Annotation) -> tuple[int, int, str]:
    return annotation.changed_ms, len(annotation.id), annotation.id


def task_of_review(review: Review) -> str:
    """The task of which a review was taken in; empty for one that was made here."""
    return review.outside_id.partition("#")[0]
