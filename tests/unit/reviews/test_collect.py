"""What people do becomes durable and becomes scores, whatever is away and whoever is killed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from monitor import metrics
from monitor.adapters.memory import MemoryJudging, MemoryReviews
from monitor.errors import Unavailable
from monitor.judges import version
from monitor.model import NOBODY, Item, Opinion, Review, State
from monitor.pipeline.collect import Collect
from monitor.reviews import InvalidAnswers, Refused, Rule
from tests.builders import make_rubric, make_sample
from tests.unit.reviews.builders import ANN, BOB, CAT, LEASE_MS, Office, make_item, make_review


@dataclass
class Shaky(MemoryReviews):
    """A queue that is away when told so, and may have written all the same."""

    away: bool = False
    writes_all_the_same: bool = False
    slow: float = 0.0

    async def record(self, reviews: Sequence[Review], /) -> None:
        await asyncio.sleep(self.slow)
        if not self.away or self.writes_all_the_same:
            await MemoryReviews.record(self, reviews)
        if self.away:
            raise Unavailable("store", "away")


@dataclass
class ShakyOpinions(MemoryJudging):
    away: bool = False

    async def write(self, opinions: Sequence[Opinion], /) -> None:
        if self.away:
            raise Unavailable("store", "away")
        await MemoryJudging.write(self, opinions)


async def begun(office: Office, *items: Item) -> Collect:
    await office.queue.offer(items or [make_item(1)])
    collect = office.collect()
    await collect.resume()
    return collect


def said(office: Office, by: UUID = NOBODY) -> Opinion:
    (one,) = [one for one in office.opinions.opinions.values() if one.by == by]
    return one


async def done(collect: Collect, item: int = 1, who: UUID = ANN, verdict: str = "pass") -> Review:
    await collect.open(UUID(int=item), who)
    return await collect.submit(make_review(item, who, verdict))


async def test_a_verdict_becomes_a_score_of_its_person_and_of_all() -> None:
    office = Office()
    collect = await begun(office)

    await done(collect)

    mine, together = said(office, ANN), said(office)
    assert (mine.value, together.value, mine.inclusion, mine.reason) == (1.0, 1.0, 0.5, "judge_unsure")
    assert (mine.scorer, mine.version) == ("quality", version(office.rubric))
    assert mine.sample == UUID(int=1001)


async def test_several_verdicts_become_one_score() -> None:
    office = Office()
    collect = await begun(office, make_item(1, wanted=3))

    for who, verdict in ((ANN, "pass"), (BOB, "fail"), (CAT, "fail")):
        await done(collect, who=who, verdict=verdict)

    assert (said(office).value, said(office).label) == (0.0, "1 : 2")


async def test_a_lead_decides_where_the_rule_says_so() -> None:
    office = Office(rule=Rule.LEAD, leads=(CAT,))
    collect = await begun(office)
    await done(collect, who=ANN, verdict="pass")

    await done(collect, who=CAT, verdict="fail")

    assert said(office).value == 0.0


async def test_a_correction_changes_the_score() -> None:
    office = Office()
    collect = await begun(office)
    await done(collect)

    office.clock.go(5)
    await collect.correct(make_review(1, verdict="fail"))

    assert (said(office, ANN).value, said(office).value) == (0.0, 0.0)


async def test_a_withdrawn_verdict_leaves_no_score() -> None:
    office = Office()
    collect = await begun(office)
    await done(collect)

    await collect.withdraw(UUID(int=1), ANN)

    assert said(office, ANN).withdrawn
    assert said(office).withdrawn


async def test_of_two_verdicts_the_other_stands_when_one_is_withdrawn() -> None:
    office = Office()
    collect = await begun(office, make_item(1, wanted=2))
    await done(collect, who=ANN, verdict="pass")
    await done(collect, who=BOB, verdict="fail")

    await collect.withdraw(UUID(int=1), ANN)

    assert said(office, ANN).withdrawn
    assert (said(office).value, said(office).withdrawn) == (0.0, False)


async def test_whoever_cannot_tell_leaves_a_score_without_a_value() -> None:
    office = Office()
    collect = await begun(office)
    await collect.open(UUID(int=1), ANN)

    await collect.submit(make_review(1, answers={"verdict": "nonsense"}, cannot_tell=True, comment="in Finnish"))

    assert (said(office).value, said(office).missing) == (None, "cannot_tell")
    assert collect.desk.verdicts(UUID(int=1))[0].answers == {}


async def test_answers_that_do_not_fit_are_refused_and_nothing_is_written() -> None:
    office = Office()
    collect = await begun(office)
    await collect.open(UUID(int=1), ANN)

    with pytest.raises(InvalidAnswers, match="verdict"):
        await collect.submit(make_review(1, verdict="maybe"))
    assert office.opinions.opinions == {}


async def test_a_new_process_knows_what_the_old_one_did() -> None:
    office = Office()
    collect = await begun(office, make_item(1), make_item(2), make_item(3))
    await done(collect, 1)
    await collect.open(UUID(int=2), BOB)
    await collect.skip(UUID(int=3), CAT, "")

    again = office.collect()
    await again.resume()

    assert {**again.desk.reviews} == {**collect.desk.reviews}
    assert [one.id for one in again.desk.open_items()] == [one.id for one in collect.desk.open_items()]
    with pytest.raises(Refused, match="others"):
        await again.open(UUID(int=2), CAT)


async def test_what_could_not_be_kept_is_taken_back() -> None:
    queue = Shaky(away=True)
    office = Office(queue=queue)
    collect = await begun(office)

    with pytest.raises(Unavailable):
        await collect.open(UUID(int=1), ANN)

    queue.away = False
    assert (await collect.take(BOB)).id == UUID(int=1)


@pytest.mark.parametrize("written", [True, False])
async def test_a_lease_that_was_kept_after_all_takes_nothing_from_others(written: bool) -> None:
    queue = Shaky(away=True, writes_all_the_same=written)
    office = Office(queue=queue)
    collect = await begun(office)
    with pytest.raises(Unavailable):
        await collect.open(UUID(int=1), ANN)
    queue.away = False
    await collect.take(BOB)

    await collect.refresh()

    again = office.collect()
    await again.resume()
    for desk in (collect.desk, again.desk):
        opened = [who for who, one in desk.reviews[UUID(int=1)].items() if one.state is State.OPENED]
        assert opened == [BOB]


@pytest.mark.parametrize("written", [True, False])
async def test_a_verdict_that_could_not_be_kept_can_be_handed_in_again(written: bool) -> None:
    queue = Shaky()
    office = Office(queue=queue)
    collect = await begun(office)
    await collect.open(UUID(int=1), ANN)
    queue.away, queue.writes_all_the_same = True, written
    with pytest.raises(Unavailable):
        await collect.submit(make_review(1))
    assert collect.desk.needs(UUID(int=1))
    queue.away = False
    await collect.refresh()

    await collect.submit(make_review(1))

    again = office.collect()
    await again.resume()
    assert len(again.desk.verdicts(UUID(int=1))) == 1
    assert said(office).value == 1.0


async def test_clicking_twice_is_answered_when_the_first_is_durable() -> None:
    queue = Shaky()
    office = Office(queue=queue)
    collect = await begun(office)
    await collect.open(UUID(int=1), ANN)
    queue.away, queue.slow = True, 0.01

    first = asyncio.create_task(collect.submit(make_review(1)))
    second = asyncio.create_task(collect.submit(make_review(1)))

    for one in (first, second):
        with pytest.raises(Unavailable):
            await one
    assert collect.desk.needs(UUID(int=1))


async def test_a_score_that_could_not_be_written_is_written_later() -> None:
    opinions = ShakyOpinions(away=True)
    office = Office(opinions=opinions)
    collect = await begun(office)
    await collect.open(UUID(int=1), ANN)
    with pytest.raises(Unavailable):
        await collect.submit(make_review(1))

    opinions.away = False
    await collect.refresh()

    assert said(office, ANN).value == 1.0


async def test_a_withdrawal_whose_score_could_not_be_taken_back_is_so_later() -> None:
    opinions = ShakyOpinions()
    office = Office(opinions=opinions)
    collect = await begun(office)
    await done(collect)
    opinions.away = True
    with pytest.raises(Unavailable):
        await collect.withdraw(UUID(int=1), ANN)

    opinions.away = False
    await collect.refresh()

    assert said(office, ANN).withdrawn


async def test_a_score_that_a_killed_process_did_not_write_is_written_by_the_next() -> None:
    opinions = ShakyOpinions(away=True)
    office = Office(opinions=opinions)
    collect = await begun(office)
    await collect.open(UUID(int=1), ANN)
    with pytest.raises(Unavailable):
        await collect.submit(make_review(1))
    opinions.away = False

    await office.collect().resume()

    assert said(office, ANN).value == 1.0


async def test_a_verdict_by_an_older_form_does_not_stand_in_the_way() -> None:
    office = Office()
    collect = await begun(office, make_item(1, wanted=2))
    await done(collect, who=ANN)
    office.rubric = make_rubric(anchors={"1": "Bad.", "2": "Good."})
    again = office.collect()
    await again.resume()

    await again.open(UUID(int=1), BOB)
    await again.submit(make_review(1, BOB, answers={"grade": 2}))

    newest = [one for one in office.opinions.opinions.values() if one.version == version(office.rubric)]
    assert {(one.by, one.value, one.withdrawn) for one in newest} >= {(BOB, 1.0, False), (NOBODY, 1.0, False)}


async def test_items_of_a_judge_that_is_gone_are_left_alone() -> None:
    collect = await begun(Office(), make_item(1, judge="gone"))

    with pytest.raises(Refused) as refused:
        await collect.take(ANN)
    assert refused.value.reason == "empty"


async def test_an_erased_item_is_shown_no_more() -> None:
    office = Office()
    collect = await begun(office)
    item = await collect.take(ANN)
    collect.sample(item)

    await office.queue.offer([replace(item, erased=True, payload="")])
    await collect.refresh()

    with pytest.raises(Refused) as refused:
        await collect.submit(make_review(1))
    assert refused.value.reason == "erased"
    with pytest.raises(Refused):
        collect.sample(collect.desk.items[item.id])


async def test_what_another_tool_says_is_taken_in_once() -> None:
    office = Office()
    collect = await begun(office)
    review = make_review(1, outside_id="7")

    await collect.take_in(review)
    await collect.take_in(review)

    assert [one.revision for one in office.queue.reviews.values()] == [0]
    assert said(office).value == 1.0


async def test_what_another_tool_changes_and_takes_back_is_taken_in() -> None:
    office = Office()
    collect = await begun(office)
    await collect.take_in(make_review(1))
    await collect.take_in(make_review(1, verdict="fail"))

    await collect.take_in(make_review(1, state=State.WITHDRAWN, answers={}))

    assert said(office, ANN).withdrawn
    assert [one.revision for one in office.queue.reviews.values()] == [0, 1, 2]


@pytest.mark.parametrize(("item", "reason"), [(2, "unknown"), (1, "erased")])
async def test_another_tool_cannot_review_what_is_not_there(item: int, reason: str) -> None:
    office = Office()
    collect = await begun(office, make_item(1, erased=True, payload=""))

    with pytest.raises(Refused) as refused:
        await collect.take_in(make_review(item))
    assert refused.value.reason == reason
    assert not office.queue.reviews


async def test_an_item_without_a_form_can_be_passed_by_or_not_told() -> None:
    office = Office(rubric=make_rubric("criteria", criteria=[], of_sample=True))
    collect = await begun(office)
    item = await collect.take(ANN)

    with pytest.raises(Refused, match="no criteria"):
        collect.form(item)
    with pytest.raises(InvalidAnswers, match="no form"):
        await collect.submit(make_review(1))
    assert (await collect.submit(make_review(1, cannot_tell=True))).state is State.DONE


async def test_laying_twice_changes_nothing() -> None:
    office = Office()
    collect = await begun(office)

    assert await collect.lay([make_item(1), make_item(2), make_item(2)]) == 1
    assert await collect.lay([make_item(2)]) == 0
    assert office.meter.counts[metrics.OFFERED.name, ("app", "judge_unsure")] == 1


async def test_what_is_done_and_what_waits_is_counted() -> None:
    office = Office()
    collect = await begun(office, make_item(1), make_item(2))
    await done(collect)
    await collect.submit(make_review(1))  # the same once more
    await collect.skip(UUID(int=2), ANN, "")

    await collect.refresh()

    counts = office.meter.counts
    assert counts[metrics.REVIEWS.name, ("app", "judge_unsure", "done")] == 1
    assert counts[metrics.REVIEWS.name, ("app", "judge_unsure", "skipped")] == 1
    assert office.meter.gauges[metrics.WAITING.name, ("app", "judge_unsure")] == 1


async def test_after_the_lease_somebody_else_may_have_it() -> None:
    office = Office()
    collect = await begun(office)
    await collect.take(ANN)
    office.clock.go(LEASE_MS)

    assert (await collect.take(BOB)).id == UUID(int=1)


async def test_what_cannot_be_read_is_said_so() -> None:
    collect = await begun(Office(), make_item(1, payload="{"))

    with pytest.raises(Refused, match="cannot be read"):
        collect.sample(await collect.take(ANN))


async def test_an_items_sample_is_as_it_was_offered() -> None:
    sample = make_sample("Out.", id=UUID(int=9), context=("Known.",), references=("Right.",))
    collect = await begun(Office(), make_item(1, sample))

    shown = collect.sample(await collect.take(ANN))

    assert (shown.output, shown.context, shown.references) == ("Out.", ("Known.",), ("Right.",))
