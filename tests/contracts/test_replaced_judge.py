"""An endpoint that silently answers with another model is found out by control items."""

import json
from hashlib import sha256
from pathlib import Path

from monitor.adapters.memory import MemoryBus, MemoryJudging, MemoryMeter, MemoryReviews
from monitor.build import build_endpoints, build_grade
from monitor.pipeline.grade import Grade
from monitor.stats import ControlDrift, DriftWatch
from streams.embedded.behaviour import Behaviour
from streams.embedded.judge import Judge, serving
from tests.builders import make_call, make_routed, make_settings

ITEMS, BEFORE, AFTER = 400, 900, 700


def control_file(directory: Path) -> tuple[Path, dict[str, bool]]:
    """Control items, half of them bad, and the truth as the stand-in wants it."""
    lines, truth = list[str](), dict[str, bool]()
    for number in range(ITEMS):
        answer, bad = f"An answer to control question {number}, as good as it is.", number % 2 == 0
        call = {"id": f"k{number}", "input": f"Control {number}?", "output": answer, "verdicts": {"quality": not bad}}
        lines.append(json.dumps(call))
        truth[sha256(answer.encode()).hexdigest()] = bad
    file = directory / "controls.jsonl"
    file.write_text("\n".join(lines))
    return file, truth


async def judge_some(grade: Grade, first: int, count: int) -> None:
    for start in range(first, first + count, 50):
        records = [
            make_routed(make_call(id=f"s{n}", output=f"Answer {n}."), offset=n) for n in range(start, start + 50)
        ]
        await grade.settle(await grade.work(records))


async def test_a_judge_that_is_silently_replaced_raises_an_alarm(tmp_path: Path) -> None:
    file, truth = control_file(tmp_path)
    stand_in, judging = Judge(Behaviour().changed({"sensitivity": 0.9, "specificity": 0.95}), truth), MemoryJudging()
    async with serving(stand_in) as url:
        settings = make_settings(
            ENDPOINTS__MAIN__URL=f"{url}/v1",
            ENDPOINTS__MAIN__MODEL="stub",
            JUDGES__QUALITY__RUBRIC="safety",
            JUDGES__QUALITY__ENDPOINTS="main",
            DEFAULT__JUDGES="quality",
            JUDGING__CONTROLS=file,
            JUDGING__CONTROLS_SHARE=1.0,
        )
        endpoints = build_endpoints(settings)
        grade = build_grade(
            settings, judgements=judging, opinions=judging, treasury=judging, reviews=MemoryReviews(), bus=MemoryBus(),
            meter=MemoryMeter(), endpoints=endpoints,
        )  # fmt: skip

        await judge_some(grade, 0, BEFORE)
        stand_in.behaviour = Behaviour().changed({"sensitivity": 0.7, "specificity": 0.95})
        await judge_some(grade, BEFORE, AFTER)
        await endpoints["main"].judge.close()

    watch, alarms = DriftWatch.start(ControlDrift()), list[int]()
    for number, one in enumerate(judging.controls.values()):
        if watch.update(fails=not one.passes, judged_fail=not one.passed):
            alarms.append(number)
    assert alarms
    assert alarms[0] > BEFORE  # how soon as a rule, the benchmark measures
    assert watch.moved == {"missed"}
    assert len(judging.opinions) == BEFORE + AFTER  # none of them of a control item
