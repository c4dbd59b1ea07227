"""A reviewer's way through items, without a browser."""

from collections import Counter
from dataclasses import replace
from uuid import uuid4

import pytest

from monitor.console.pages import screen
from monitor.console.pages.facts import WHY, facts
from monitor.console.pages.form import Filled
from monitor.console.pages.opinion import opinion_of
from monitor.console.pages.pace import pace
from monitor.console.pages.shift import Shift, Shifts
from monitor.model import Reason, Review, Role, State, User
from monitor.reviews import Refused
from tests.browser.hall import Hall

OPINION = {"value": 0.0, "passed": False, "label": "1", "why": "It misses the point."}
FOUR = Filled(answers={"grade": "4"}, comment="fine")


@pytest.fixture
def hall() -> Hall:
    return Hall()


async def _shift(hall: Hall, *apps: str) -> Shift:
    await hall.collect.refresh()
    user = User(id=uuid4(), name="ada", role=Role.REVIEWER, password_hash="", apps=apps)
    shift = Shift(hall.collect, user, Shifts(hall.collect).of(user.id))
    await shift.take()
    return shift


async def test_only_items_of_ones_applications_are_taken(hall: Hall) -> None:
    hall.lay("other")
    mine = hall.lay("mine")

    shift = await _shift(hall, "mine")

    assert shift.item == mine


async def test_undo_goes_back_as_far_as_the_shift(hall: Hall) -> None:
    items = [hall.lay("a"), hall.lay("a")]
    shift = await _shift(hall)
    await shift.submit(FOUR)
    await shift.take()
    await shift.skip("broken")
    await shift.take()
    assert (shift.item, shift.history.done) == (None, 1)

    await shift.undo()
    assert (shift.item, shift.filled) == (items[1], Filled())
    await shift.undo()

    assert shift.item == items[0]
    assert (shift.filled.answers, shift.filled.comment) == ({"grade": 4}, "fine")
    assert hall.done(shift.user) == []
    with pytest.raises(Refused, match="nothing to take back"):
        await shift.undo()


async def test_an_undone_item_that_somebody_else_took_is_let_go(hall: Hall) -> None:
    item = hall.lay("a")
    shift = await _shift(hall)
    await shift.submit(FOUR)
    taken = Review(item=item.id, reviewer=uuid4(), state=State.OPENED, answers={}, until_ms=2**60)
    hall.collect.desk.apply(taken)

    with pytest.raises(Refused, match="others"):
        await shift.undo()

    assert shift.history.last is None


async def test_a_correction_replaces_the_verdict(hall: Hall) -> None:
    item = hall.lay("a")
    shift = await _shift(hall)
    await shift.submit(FOUR)

    await shift.correct()
    review = await shift.submit(Filled(answers={"grade": "2"}))

    assert (review.item, review.revision, shift.history.done) == (item.id, 1, 1)


async def test_what_was_skipped_cannot_be_corrected(hall: Hall) -> None:
    hall.lay("a")
    shift = await _shift(hall)
    await shift.skip("broken")

    with pytest.raises(Refused, match="skipped"):
        await shift.correct()


async def test_a_shift_ends_when_nobody_works_for_an_hour(hall: Hall) -> None:
    now = 1_000_000.0
    hall.collect.clock = lambda: now
    shifts, user = Shifts(hall.collect), uuid4()
    first = shifts.of(user)
    assert shifts.of(user) is first

    now += 3_601

    assert shifts.of(user) is not first


@pytest.mark.parametrize(
    ("show", "before", "after"), [("after", False, True), ("always", True, True), ("never", False, False)]
)
async def test_the_judge_is_seen_as_the_settings_say(
    hall: Hall, show: screen.ShowJudge, before: bool, after: bool
) -> None:
    hall.lay("a", opinion=OPINION)
    shift = await _shift(hall)

    assert ("misses the point" in screen.main(shift, show)) is before
    await shift.submit(FOUR)
    await shift.take()
    assert ("misses the point" in screen.main(shift, show)) is after
    assert "{}" not in screen.main(shift, show)


async def test_an_item_that_tests_attention_looks_like_any_other(hall: Hall) -> None:
    item = hall.lay("a", reason=Reason.ATTENTION)
    shift = await _shift(hall)

    assert WHY[Reason.ATTENTION] == WHY[Reason.CONTROL]
    html = str(screen.main(shift, "after"))
    alike = replace(item, reason=Reason.CONTROL)
    sample = hall.collect.sample(item)
    assert "ttention" not in html + str(screen.top(shift))
    assert facts(item, sample, 0, hide_verdict=False) == facts(alike, sample, 0, hide_verdict=False)


async def test_an_item_without_a_form_can_be_skipped_alone(hall: Hall) -> None:
    hall.lay("a", "healthbench")
    shift = await _shift(hall)

    html = screen.main(shift, "after")

    assert "brings no criteria" in html
    assert 'id="submit"' not in html
    await shift.skip("no criteria")


async def test_an_item_that_cannot_be_read_can_be_skipped_alone(hall: Hall) -> None:
    item = hall.lay("a")
    hall.reviews.items[item.id] = replace(item, payload="{")
    shift = await _shift(hall)

    assert "cannot be read" in screen.main(shift, "after")


async def test_an_erased_item_is_shown_no_more(hall: Hall) -> None:
    item = hall.lay("a", output="secret words")
    shift = await _shift(hall)
    await shift.submit(FOUR)
    hall.reviews.items[item.id] = replace(item, erased=True, payload="")
    await hall.collect.refresh()
    await shift.take()

    html = screen.main(shift, "after")

    assert "secret words" not in html
    assert "The last one" not in html
    with pytest.raises(Refused):
        await shift.correct()


def test_what_is_left_is_told_by_reason() -> None:
    html = pace(shift=2, today=5, hourly=40, waiting=Counter({Reason.CONTROL: 3, Reason.ATTENTION: 1}))

    assert '<b id="left">4</b> left' in html
    assert "<b>4</b> Drawn at random" in html


def test_an_opinion_that_cannot_be_read_is_none(hall: Hall) -> None:
    assert opinion_of(hall.lay("a", opinion="{broken")) is None
    assert opinion_of(hall.lay("a")) is None
