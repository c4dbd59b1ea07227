"""Nothing is paid for twice, control items stay apart, and what cannot be judged is buried."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from monitor import metrics
from monitor.adapters.memory import MemoryBus, MemoryJudging, MemoryMeter
from monitor.errors import InvalidConfig, Unavailable
from monitor.model import NOBODY, Controlled, Judgement, Missing, Opinion, Record
from monitor.pipeline.routed import ORIGIN_HEADER, ROUTE_HEADER
from tests.builders import FAILS, make_call, make_grade, make_record, make_reply, make_routed

from .courts import PRICES, fault, opinions, routed, run, says


async def test_equal_texts_share_a_judgement_and_say_whose_it_was() -> None:
    judging, judge, meter = MemoryJudging(), says(), MemoryMeter()
    grade = make_grade({"e": judge}, judging=judging, meter=meter, **PRICES)

    await run(grade, routed("Fine.", "Fine.", "Other."))
    await run(grade, [make_routed(make_call(id="later", output="Fine."), offset=9)])

    first, *copies = [one for one in opinions(judging) if one.endpoint]
    assert len(judge.asked) == 2
    assert sorted(one.copied_from == first.sample for one in copies) == [False, True, True]
    assert sum(one.cost for one in opinions(judging)) == pytest.approx(0.4)
    assert meter.counts[metrics.JUDGED_AGAIN.name, ("app", "panel")] == 2


async def test_settling_again_pays_nothing_and_changes_nothing() -> None:
    judging, judge = MemoryJudging(), says()
    grade = make_grade({"e": judge}, judging=judging, **PRICES)
    docket = await grade.work(routed("a", "b"))

    await grade.settle(docket)
    once = dict(judging.opinions)
    await grade.settle(docket)
    await run(make_grade({"e": judge}, judging=judging, **PRICES), routed("a", "b"))  # as after a crash

    assert len(judge.asked) == 2
    assert {key: replace(one, at_ms=0) for key, one in once.items()} == {
        key: replace(one, at_ms=0) for key, one in judging.opinions.items()
    }


async def test_the_same_sample_twice_in_a_chunk_is_its_own_and_no_copy() -> None:
    judging, judge = MemoryJudging(), says()
    record = make_routed()

    await run(make_grade({"e": judge}, judging=judging, **PRICES), [record, record])

    (opinion,) = opinions(judging)
    assert (len(judge.asked), opinion.copied_from, opinion.cost) == (1, NOBODY, pytest.approx(0.2))


class Away(MemoryJudging):
    """A store that is away for a while."""

    def __init__(self, *doors: str, times: int = 1) -> None:
        super().__init__()
        self.left = dict.fromkeys(doors, times)

    def _knock(self, door: str) -> None:
        if self.left.get(door, 0):
            self.left[door] -= 1
            raise Unavailable("store", "away")

    async def keep(self, judgement: Judgement, /) -> None:
        self._knock("keep")
        await super().keep(judgement)

    async def write(self, opinions: Sequence[Opinion], /) -> None:
        self._knock("write")
        await super().write(opinions)

    async def control(self, controlled: Controlled, /) -> None:
        self._knock("control")
        await super().control(controlled)


@pytest.mark.parametrize("door", ["keep", "write", "control"])
async def test_a_store_that_is_away_is_waited_for_and_nothing_is_paid_twice(door: str, tmp_path: Path) -> None:
    judging, judge = Away(door, times=3), says()
    grade = make_grade({"e": judge}, judging=judging, **controls(tmp_path))
    docket = await grade.work(routed("a", "b"))

    for _ in range(2):
        with pytest.raises(Unavailable):
            await grade.settle(docket)
    while True:
        try:
            await grade.settle(docket)
            break
        except Unavailable:
            continue

    assert len(judge.asked) == 4
    assert (len(judging.opinions), len(judging.controls)) == (2, 2)


def controls(directory: Path, share: str = "1", passes: bool = True) -> dict[str, Any]:
    file = directory / "controls.jsonl"
    file.write_text(json.dumps(make_call(id="known", output="Known.") | {"verdicts": {"panel": passes}}))
    return {"JUDGING__CONTROLS": str(file), "JUDGING__CONTROLS_SHARE": share}


async def test_control_items_are_asked_about_beside_samples_and_are_never_among_opinions(tmp_path: Path) -> None:
    judging, judge = MemoryJudging(), says(make_reply(FAILS))
    grade = make_grade({"e": judge}, judging=judging, **controls(tmp_path))

    await run(grade, routed("a", "b", "c"))

    assert len(judge.asked) == 6
    assert {(one.passes, one.passed, one.judge) for one in judging.controls.values()} == {(True, False, "panel")}
    items = {one.item for one in judging.controls.values()}
    assert len(opinions(judging)) == 3
    assert not items & {opinion.sample for opinion in opinions(judging)}
    assert len(judging.judgements) == 3


async def test_a_control_item_without_a_verdict_says_why(tmp_path: Path) -> None:
    judging = MemoryJudging()

    await run(make_grade({"e": says(fault(Missing.REFUSED))}, judging=judging, **controls(tmp_path)), routed("a"))

    assert [(one.passed, one.missing) for one in judging.controls.values()] == [(None, "refused")]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{}", 'needs "verdicts"'),
        ('{"verdicts": {"nobody": true}, "input": "x", "output": "y"}', "nobody: there is no such judge"),
        ('{"verdicts": {"panel": "yes"}}', 'needs "verdicts"'),
        ("not JSON", 'needs "verdicts"'),
        ("[" * 100_000, 'needs "verdicts"'),
    ],
)
def test_a_file_of_controls_that_makes_no_sense_refuses_to_start(line: str, why: str, tmp_path: Path) -> None:
    said = controls(tmp_path)
    Path(said["JUDGING__CONTROLS"]).write_text(f"\n{line}\n")

    with pytest.raises(InvalidConfig, match=why) as caught:
        make_grade({"e": says()}, **said)
    assert ", line 2" in str(caught.value)


GOOD = make_routed()


def with_header(name: str, value: bytes | None) -> Record:
    return replace(GOOD, headers=(*((n, v) for n, v in GOOD.headers if n != name), (name, value)))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (make_record(make_call()), "missing_header"),
        (with_header(ROUTE_HEADER, b""), "wrong_header"),
        (with_header(ROUTE_HEADER, None), "wrong_header"),
        (with_header(ROUTE_HEADER, b"\xff{"), "wrong_header"),
        (with_header(ROUTE_HEADER, b"[1]"), "wrong_header"),
        (with_header(ROUTE_HEADER, b"[" * 100_000), "wrong_header"),
        (with_header(ORIGIN_HEADER, b"nowhere"), "wrong_header"),
        (with_header(ORIGIN_HEADER, b"t/x/1"), "wrong_header"),
        (make_routed(index=3), "wrong_header"),
        (make_routed(sample=UUID(int=5)), "wrong_header"),
        (make_routed(inclusion=1.5), "wrong_header"),
        (make_routed(inclusion=-1.0), "wrong_header"),
        (replace(GOOD, value=b"not JSON"), "not_json"),
        (with_header("evergauge-format", b"smoke signals"), "unknown_format"),
    ],
)
async def test_a_record_that_cannot_be_judged_is_buried_and_the_rest_goes_on(record: Record, reason: str) -> None:
    judging, bus = MemoryJudging(), MemoryBus()

    await run(make_grade({"e": says()}, judging=judging, bus=bus), [record, *routed("fine")])

    assert [letter.reason for letter in bus.buried.values()] == [reason]
    assert len(opinions(judging)) == 1


async def test_two_judges_that_are_one_and_the_same_are_paid_for_once() -> None:
    judging, judge = MemoryJudging(), says()
    said: dict[str, Any] = {
        "JUDGES__TWIN__RUBRIC": "safety",
        "JUDGES__TWIN__ENDPOINTS": "e",
        "DEFAULT__JUDGES": "panel, twin",
    }

    await run(make_grade({"e": judge}, judging=judging, **said, **PRICES), routed("x"))

    assert len(judge.asked) == 1
    assert sorted(one.cost for one in opinions(judging)) == [0.0, pytest.approx(0.2)]
    assert {one.copied_from for one in opinions(judging)} == {NOBODY}


async def test_settled_bookings_are_in_the_books_and_hold_over_the_stage() -> None:
    judging, judge = MemoryJudging(), says()
    grade = make_grade({"e": judge}, judging=judging, DEFAULT__BUDGET__CALLS_PER_DAY="10")

    await run(grade, routed(*(f"answer {n}" for n in range(30))))

    assert len(judge.asked) == 10
    assert sorted(one.missing for one in opinions(judging)) == [""] * 10 + ["over_budget"] * 20
    assert sum(lot.expense.calls for lot in judging.lots.values()) == 10
