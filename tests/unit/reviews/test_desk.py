"""Who may have what: every rule, every refusal, and nothing lost whatever the order."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from monitor.model import Item, Reason, Review, State
from monitor.reviews import Desk, Refused
from tests.unit.reviews.builders import ANN, BOB, CAT, LEASE_MS, T, make_desk, make_item, make_review

DAY_MS = 86_400_000


def take(desk: Desk, reviewer: UUID = ANN, now_ms: int = T, **said: str) -> Item:
    review = desk.take(reviewer, now_ms, apps=tuple(said.values()))
    desk.apply(review)
    return desk.items[review.item]


def submit(desk: Desk, item: Item, reviewer: UUID = ANN, now_ms: int = T + 10, verdict: str = "pass") -> Review:
    review = desk.submit(make_review(item, reviewer, verdict), now_ms)
    desk.apply(review)
    return review


def review_it(desk: Desk, item: Item, reviewer: UUID = ANN, now_ms: int = T) -> Review:
    desk.apply(desk.open(item.id, reviewer, now_ms))
    return submit(desk, item, reviewer, now_ms + 10)


def refusal(action: Callable[..., Review], *arguments: object, **more: object) -> str:
    with pytest.raises(Refused) as refused:
        action(*arguments, **more)
    return refused.value.reason


def test_random_items_come_first_and_then_by_reason() -> None:
    reasons = [reason for reason in Reason if reason is not Reason.ATTENTION]
    desk = make_desk(*(make_item(n, reason=reason) for n, reason in enumerate(reversed(reasons), start=1)))

    given = [take(desk, UUID(int=100 + n)).reason for n in range(len(reasons))]

    assert given == reasons


def test_of_one_reason_what_is_due_first_comes_first_and_then_what_is_older() -> None:
    desk = make_desk(
        make_item(1, created_ms=T + 5),
        make_item(2, created_ms=T),
        make_item(3, created_ms=T + 9, due_ms=T + 50),
    )

    given = [take(desk, reviewer).id.int for reviewer in (ANN, BOB, CAT)]

    assert given == [3, 2, 1]


def test_whoever_asks_again_gets_what_they_have_open() -> None:
    desk = make_desk(make_item(1), make_item(2))

    assert take(desk).id == take(desk, now_ms=T + 100).id


def test_what_one_has_open_nobody_else_gets() -> None:
    desk = make_desk(make_item(1))
    take(desk)

    assert refusal(desk.take, BOB, T) == "empty"
    assert refusal(desk.open, UUID(int=1), BOB, T) == "taken"


def test_as_many_as_an_item_wants_may_have_it_at_once() -> None:
    desk = make_desk(make_item(1, wanted=2))

    take(desk, ANN)
    take(desk, BOB)

    assert refusal(desk.take, CAT, T) == "empty"


def test_only_the_applications_that_are_asked_for_are_given() -> None:
    desk = make_desk(make_item(1, app="a"), make_item(2, app="b"))
    take(desk, ANN, app="a")

    assert take(desk, ANN, app="b").app == "b"
    assert refusal(desk.take, ANN, T, apps=("c",)) == "empty"


def test_after_its_lease_an_item_goes_to_others() -> None:
    desk = make_desk(make_item(1))
    take(desk, ANN)

    assert take(desk, BOB, T + LEASE_MS).id.int == 1


def test_a_verdict_that_comes_late_counts_where_nobody_else_has_the_item() -> None:
    desk = make_desk(make_item(1))
    item = take(desk)

    assert submit(desk, item, now_ms=T + 2 * LEASE_MS).state is State.DONE


def test_a_verdict_that_comes_late_is_refused_where_somebody_else_has_the_item() -> None:
    desk = make_desk(make_item(1))
    item = take(desk, ANN)
    take(desk, BOB, T + LEASE_MS)

    assert refusal(desk.submit, make_review(item), T + LEASE_MS + 1) == "late"


def test_the_same_verdict_once_more_changes_nothing() -> None:
    desk = make_desk(make_item(1))
    first = submit(desk, take(desk))

    assert desk.submit(make_review(1), T + 99) == first


def test_another_verdict_must_be_a_correction() -> None:
    desk = make_desk(make_item(1))
    submit(desk, take(desk))

    assert refusal(desk.submit, make_review(1, verdict="fail"), T + 99) == "twice"
    assert desk.correct(make_review(1, verdict="fail"), T + 99).revision == 1


def test_nobody_reviews_what_they_have_not_opened() -> None:
    desk = make_desk(make_item(1))

    assert refusal(desk.submit, make_review(1), T) == "not_opened"


def test_how_long_it_took_is_noted() -> None:
    desk = make_desk(make_item(1))

    assert submit(desk, take(desk), now_ms=T + 12_500).seconds == 12.5


def test_what_was_reviewed_is_not_opened_again() -> None:
    desk = make_desk(make_item(1, wanted=2))
    submit(desk, take(desk))

    assert refusal(desk.open, UUID(int=1), ANN, T + 20) == "done"


def test_a_skipped_item_goes_to_others_and_does_not_come_back() -> None:
    desk = make_desk(make_item(1))
    take(desk)
    desk.apply(desk.skip(UUID(int=1), ANN, "not my field", T + 5))

    assert refusal(desk.take, ANN, T + 10) == "empty"
    assert take(desk, BOB, T + 10).id.int == 1


def test_what_was_skipped_may_be_opened_all_the_same() -> None:
    desk = make_desk(make_item(1))
    desk.apply(desk.skip(UUID(int=1), ANN, "", T))

    assert desk.open(UUID(int=1), ANN, T + 5).state is State.OPENED


def test_what_was_reviewed_is_not_skipped() -> None:
    desk = make_desk(make_item(1))
    submit(desk, take(desk))

    assert refusal(desk.skip, UUID(int=1), ANN, "", T + 20) == "done"


def test_a_verdict_that_is_withdrawn_opens_the_item_again() -> None:
    desk = make_desk(make_item(1))
    submit(desk, take(desk))
    desk.apply(desk.withdraw(UUID(int=1), ANN, T + 20))

    assert desk.needs(UUID(int=1))
    assert take(desk, ANN, T + 30).id.int == 1


def test_only_a_verdict_can_be_withdrawn_or_corrected() -> None:
    desk = make_desk(make_item(1))
    take(desk)

    assert refusal(desk.withdraw, UUID(int=1), ANN, T) == "nothing"
    assert refusal(desk.correct, make_review(1), T) == "nothing"


def test_a_correction_keeps_where_the_verdict_came_from() -> None:
    desk = make_desk(make_item(1))
    desk.apply(desk.taken_in(make_review(1, outside_id="17"), T))

    assert desk.correct(make_review(1, verdict="fail"), T + 5).outside_id == "17"


@pytest.mark.parametrize("reason", ["unknown", "erased"])
def test_what_is_not_there_is_refused_by_name(reason: str) -> None:
    desk = make_desk() if reason == "unknown" else make_desk(make_item(1, erased=True, payload=""))
    item = UUID(int=1)

    assert refusal(desk.open, item, ANN, T) == reason
    assert refusal(desk.submit, make_review(1), T) == reason
    assert refusal(desk.correct, make_review(1), T) == reason
    assert refusal(desk.skip, item, ANN, "", T) == reason
    assert refusal(desk.withdraw, item, ANN, T) == reason
    assert refusal(desk.taken_in, make_review(1), T) == reason


def test_an_erased_item_is_given_to_nobody_any_more_and_does_not_come_back() -> None:
    desk = make_desk(make_item(1))
    take(desk)
    desk.put(make_item(1, erased=True, payload=""))
    desk.put(make_item(1))

    assert desk.items[UUID(int=1)].erased
    assert refusal(desk.take, ANN, T) == "empty"


def test_an_item_that_lies_there_is_left_as_it_is() -> None:
    desk = make_desk(make_item(1))

    assert not desk.put(make_item(1, wanted=5))
    assert desk.items[UUID(int=1)].wanted == 1


def test_a_lead_may_decide_where_all_that_were_wanted_have_spoken() -> None:
    desk = make_desk(make_item(1))
    submit(desk, take(desk, ANN), ANN)

    assert refusal(desk.open, UUID(int=1), BOB, T + 20) == "taken"
    desk.apply(desk.open(UUID(int=1), BOB, T + 20, decides=True))
    late = T + 20 + 2 * LEASE_MS
    desk.apply(desk.submit(make_review(1, BOB, "fail"), late, decides=True))

    assert [one.reviewer for one in desk.verdicts(UUID(int=1))] == [ANN, BOB]


def test_a_lead_does_not_take_an_item_from_somebody_who_is_at_it() -> None:
    desk = make_desk(make_item(1))
    take(desk, ANN)

    assert refusal(desk.open, UUID(int=1), BOB, T, decides=True) == "taken"


def test_no_more_is_given_out_a_day_than_the_application_wants() -> None:
    desk = make_desk(make_item(1), make_item(2), make_item(3, app="else"), per_day={"app": 1, "else": None})

    take(desk, ANN)  # under way, so it counts already

    assert take(desk, BOB).app == "else"
    assert refusal(desk.take, CAT, T) == "empty"


def test_a_day_later_there_is_more() -> None:
    desk = make_desk(make_item(1), make_item(2), per_day_else=1)
    submit(desk, take(desk))

    assert refusal(desk.take, BOB, T + 100) == "empty"
    assert take(desk, BOB, T + DAY_MS).id.int == 2


def test_a_verdict_counts_on_the_day_it_was_given_whatever_becomes_of_it() -> None:
    desk = make_desk(make_item(1), make_item(2), per_day_else=1)
    submit(desk, take(desk))
    tomorrow = T + DAY_MS
    desk.apply(desk.correct(make_review(1, verdict="fail"), tomorrow))

    assert desk.tally.progress(ANN, tomorrow).mine_today == 0
    desk.apply(desk.withdraw(UUID(int=1), ANN, tomorrow + 5))
    assert [desk.tally.done("app", now) for now in (T, tomorrow)] == [0, 0]


def test_progress_is_counted_by_person_application_and_hour() -> None:
    desk = make_desk(make_item(1, app="a"), make_item(2, app="b"), make_item(3, app="a"))
    review_it(desk, desk.items[UUID(int=1)], ANN, T)
    review_it(desk, desk.items[UUID(int=2)], BOB, T + 2 * 3_600_000)

    progress = desk.tally.progress(ANN, T + 2 * 3_600_000 + 60_000)
    of_a = desk.tally.progress(ANN, T + 60_000, apps=("a",))

    assert (progress.today, progress.per_hour, progress.mine_today, progress.mine) == (2, 1, 1, 1)
    assert of_a.today == 1


def test_what_waits_is_counted_by_reason() -> None:
    desk = make_desk(make_item(1), make_item(2, app="b"), make_item(3, reason=Reason.CONTROL))
    review_it(desk, desk.items[UUID(int=1)])

    assert desk.waiting(T) == Counter({Reason.UNSURE: 1, Reason.CONTROL: 1})
    assert desk.waiting(T, apps=("b",)) == Counter({Reason.UNSURE: 1})


def test_an_older_review_that_is_read_late_changes_nothing() -> None:
    desk = make_desk(make_item(1))
    opened = desk.take(ANN, T)
    desk.apply(opened)
    done = submit(desk, desk.items[UUID(int=1)], now_ms=T)

    desk.apply(opened)

    assert desk.verdicts(UUID(int=1)) == [done]


def test_steps_keep_their_order_where_the_clock_stands_still_or_goes_back() -> None:
    desk = make_desk(make_item(1))
    item = take(desk, now_ms=T)

    done = submit(desk, item, now_ms=T - 5_000)

    assert done.at_ms > T
    assert desk.verdicts(item.id) == [done]


def test_a_review_that_is_read_before_its_item_counts_all_the_same() -> None:
    desk = make_desk()
    desk.apply(replace(make_review(1), at_ms=T))

    desk.put(make_item(1))

    assert not desk.needs(UUID(int=1))
    assert desk.tally.done("app", T) == 1


PEOPLE = [UUID(int=0xF00 + n) for n in range(5)]
people = st.sampled_from(PEOPLE)
numbers = st.integers(1, 6)


class Reviewing(RuleBasedStateMachine):
    """Everybody does anything in any order; the desk keeps its promises."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = T
        self.desk = make_desk()
        self.rows: list[Item | Review] = []

    @initialize(wanted=st.lists(st.integers(1, 3), min_size=1, max_size=6))
    def lay(self, wanted: list[int]) -> None:
        for number, n in enumerate(wanted, start=1):
            self.keep(make_item(number, wanted=n))

    def keep(self, row: Item | Review) -> None:
        self.rows.append(row)
        if isinstance(row, Item):
            self.desk.put(row)
        else:
            self.desk.apply(row)

    def attempt(self, step: Callable[..., Review], *arguments: object) -> str:
        """Do it where the desk allows it; else why not."""
        try:
            self.keep(step(*arguments, self.now_ms))
        except Refused as refused:
            return refused.reason
        return ""

    @rule(who=people)
    def take(self, who: UUID) -> None:
        free = any(self.could(item, who) for item in self.desk.items.values())

        assert self.attempt(self.desk.take, who) == ("" if free else "empty")

    @rule(number=numbers, who=people)
    def open(self, number: int, who: UUID) -> None:
        self.attempt(self.desk.open, UUID(int=number), who)

    @rule(number=numbers, who=people, verdict=st.sampled_from(["pass", "fail"]))
    def submit(self, number: int, who: UUID, verdict: str) -> None:
        self.attempt(self.desk.submit, make_review(number, who, verdict))

    @rule(number=numbers, who=people)
    def correct(self, number: int, who: UUID) -> None:
        self.attempt(self.desk.correct, make_review(number, who, "fail"))

    @rule(number=numbers, who=people)
    def withdraw(self, number: int, who: UUID) -> None:
        self.attempt(self.desk.withdraw, UUID(int=number), who)

    @rule(number=numbers, who=people)
    def skip(self, number: int, who: UUID) -> None:
        self.attempt(self.desk.skip, UUID(int=number), who, "")

    @rule(ms=st.sampled_from([0, 1, LEASE_MS // 2, LEASE_MS, 3 * LEASE_MS]))
    def time_goes_by(self, ms: int) -> None:
        self.now_ms += ms

    @precondition(lambda self: UUID(int=6) in self.desk.items)
    @rule()
    def erase(self) -> None:
        self.keep(replace(self.desk.items[UUID(int=6)], erased=True, payload=""))

    def could(self, item: Item, who: UUID) -> bool:
        mine = self.desk.reviews[item.id].get(who)
        passed_by = mine is not None and mine.state in {State.DONE, State.SKIPPED}
        others = self.holders(item) - {who}
        return not item.erased and not passed_by and len(others) < item.wanted

    def holders(self, item: Item) -> set[UUID]:
        return {
            who
            for who, review in self.desk.reviews[item.id].items()
            if review.state is State.DONE or (review.state is State.OPENED and review.until_ms > self.now_ms)
        }

    @invariant()
    def nobody_too_many(self) -> None:
        for item in self.desk.items.values():
            assert len(self.holders(item)) <= item.wanted

    @invariant()
    def nothing_is_lost(self) -> None:
        for item in self.desk.items.values():
            enough = len(self.desk.verdicts(item.id)) >= item.wanted
            assert self.desk.needs(item.id) is (not enough and not item.erased)

    @invariant()
    def everything_is_counted(self) -> None:
        done = sum(len(self.desk.verdicts(item)) for item in self.desk.items)
        days = {(row.at_ms // DAY_MS) for row in self.rows if isinstance(row, Review)}
        assert sum(self.desk.tally.done("app", day * DAY_MS) for day in days) == done

    @invariant()
    def a_new_desk_is_the_same(self) -> None:
        again = make_desk()
        items = [row for row in self.rows if isinstance(row, Item)]
        reviews = [row for row in self.rows if isinstance(row, Review)]
        for item in items:
            again.put(item)
        for review in sorted(reviews, key=lambda one: (one.at_ms, one.revision)):
            again.apply(review)
        assert {k: v for k, v in again.reviews.items() if v} == {k: v for k, v in self.desk.reviews.items() if v}
        assert [item.id for item in again.open_items()] == [item.id for item in self.desk.open_items()]
        assert [again.tally.progress(who, self.now_ms) for who in PEOPLE] == [
            self.desk.tally.progress(who, self.now_ms) for who in PEOPLE
        ]


TestReviewing = Reviewing.TestCase
TestReviewing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
