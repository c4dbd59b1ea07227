"""Items whose answer is known are given out among the others, and say something of the reviewer alone."""

import pytest

from monitor.model import Item, Reason
from monitor.pipeline.attention import Attention
from monitor.pipeline.collect import Collect
from monitor.pipeline.controls import ControlItem
from monitor.reviews import Refused
from tests.builders import make_sample

from .builders import ANN, BOB, Office, make_item, make_review

KNOWN = tuple(
    ControlItem(sample=make_sample(f"Known answer {n}.", prompt=f"Known question {n}?"), passes=n % 2 == 0)
    for n in range(10)
)


def attention(share: float) -> Attention:
    return Attention({"quality": KNOWN}, share)


async def opened(office: Office, *items: Item) -> Collect:
    collect = office.collect()
    await collect.lay(items)
    return collect


async def test_a_known_item_says_how_attentive_the_reviewer_is_and_nothing_of_the_product() -> None:
    office = Office(attention=attention(1.0))
    collect = await opened(office, make_item(1))

    item = await collect.take(ANN)
    await collect.submit(make_review(item, ANN, "fail"))

    assert item.reason is Reason.ATTENTION
    (controlled,) = office.opinions.controls.values()
    passes = collect.attention.known[item.id][1]
    assert (controlled.judge, controlled.passes, controlled.passed) == (f"reviewer {ANN}", passes, False)
    assert not office.opinions.opinions


async def test_nobody_gets_the_same_known_item_twice_and_others_get_it_too() -> None:
    collect = await opened(Office(attention=attention(1.0)))
    seen: dict[object, set[object]] = {ANN: set(), BOB: set()}

    for reviewer in (ANN, BOB):
        for _ in KNOWN:
            item = await collect.take(reviewer)
            seen[reviewer].add(item.id)
            await collect.submit(make_review(item, reviewer))

    assert seen[ANN] == seen[BOB] == {*collect.attention.known}
    with pytest.raises(Refused, match="nothing left"):
        await collect.take(ANN)


async def test_known_items_are_about_the_share_that_is_set() -> None:
    items = [make_item(n) for n in range(1, 61)]
    collect = await opened(Office(attention=attention(0.1)), *items)
    reasons: list[Reason] = []

    for _ in items:
        item = await collect.take(ANN)
        reasons.append(item.reason)
        await collect.submit(make_review(item, ANN))

    assert 1 <= reasons.count(Reason.ATTENTION) <= 14
    assert not any(reason is Reason.ATTENTION for reason in collect.desk.waiting(0))


async def test_whoever_has_an_item_open_gets_that_one() -> None:
    collect = await opened(Office(), make_item(1))
    first = await collect.take(ANN)
    collect.attention = attention(1.0)

    again = await collect.take(ANN)

    assert again.id == first.id
