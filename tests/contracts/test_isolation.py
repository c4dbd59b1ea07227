"""One suite for every way to run a check apart; what only a process of its own can survive comes after."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from monitor.adapters.isolation import Subprocess
from monitor.adapters.memory import InProcess, MemoryStore
from monitor.ports import Isolation
from tests.builders import make_call, make_evaluate, make_record, make_sample, make_settings
from tests.contracts import slow_checks
from tests.unit.test_checks import chain

MODULE = slow_checks.__name__


@pytest.fixture(params=["in process", "subprocess"])
async def isolation(request: pytest.FixtureRequest) -> AsyncIterator[Isolation]:
    made = InProcess() if request.param == "in process" else Subprocess([MODULE])
    yield made
    await made.close()


@pytest.fixture
async def apart() -> AsyncIterator[Subprocess]:
    made = Subprocess([MODULE])
    yield made
    await made.close()


async def test_the_answer_comes_back(isolation: Isolation) -> None:
    assert await isolation.run("slow_good", make_sample(), within=5) == 1.0
    assert await isolation.run("slow_good", make_sample(""), within=5) == 0.0


async def test_an_exception_comes_back_as_its_words(isolation: Isolation) -> None:
    with pytest.raises(RuntimeError, match="ValueError"):
        await isolation.run("slow_raises", make_sample(), within=5)


async def test_a_check_that_never_returns_is_stopped_and_the_next_one_runs(apart: Subprocess) -> None:
    with pytest.raises(TimeoutError):
        await apart.run("slow_forever", make_sample(), within=0.5)

    assert await apart.run("slow_good", make_sample(), within=5) == 1.0


async def test_a_check_that_takes_its_process_down_costs_only_its_own_score(apart: Subprocess) -> None:
    with pytest.raises(RuntimeError, match="took its process down"):
        await apart.run("slow_dies", make_sample(), within=5)

    assert await apart.run("slow_good", make_sample(), within=5) == 1.0


async def test_side_by_side_they_take_turns(apart: Subprocess) -> None:
    answers = await asyncio.gather(
        *(apart.run("slow_good", make_sample("" if n % 2 else "x"), within=5) for n in range(20))
    )

    assert answers == [float(n % 2 == 0) for n in range(20)]


async def test_no_process_is_left(apart: Subprocess) -> None:
    await apart.run("slow_good", make_sample(), within=5)
    children = psutil.Process().children()

    await apart.close()

    assert not any(child.is_running() and MODULE in child.cmdline() for child in children)


async def test_each_ends_as_a_score_with_a_reason(apart: Subprocess) -> None:
    store = MemoryStore()
    names = ("slow_good", "slow_raises", "slow_rubbish", "slow_forever", "slow_dies")
    evaluate = make_evaluate(make_settings(**{f"DEFAULT__CHECKS__{n.upper()}": "true" for n in names}), store=store)
    evaluate.isolation = apart

    await evaluate.settle(await evaluate.work([make_record(make_call())]))

    (row,) = store.rows.values()
    scores = {score.scorer: score for score in row.scores}
    assert scores["slow_good"].value == 1.0
    assert [(scores[n].value, scores[n].label) for n in names[1:]] == [
        (None, "raised"),
        (None, "rubbish"),
        (None, "timeout"),
        (None, "raised"),
    ]
    assert all(scores[name].why for name in names[1:])


async def test_a_process_that_starts_too_late_answers_nobody() -> None:
    """What it says late must not be taken for the answer to the next question."""
    apart = Subprocess([MODULE], start_within=0.001)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="did not start"):
            await apart.run("slow_good", make_sample(), within=5)

    apart.start_within = 30.0
    assert await apart.run("slow_good", make_sample(""), within=5) == 0.0
    assert await apart.run("slow_good", make_sample(), within=5) == 1.0
    await apart.close()


async def test_a_process_that_dies_while_it_starts_costs_only_a_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "unruly.py").write_text("import os\nos._exit(3)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    apart = Subprocess(["unruly"])

    with pytest.raises(RuntimeError, match="did not start"):
        await apart.run("slow_good", make_sample(), within=5)


async def test_a_check_of_an_entry_point_is_found() -> None:
    apart = Subprocess()

    assert await apart.run("slow_good", make_sample(), within=5) == 1.0
    await apart.close()


async def test_a_schema_that_would_take_for_ever_is_given_up() -> None:
    """Without a process of its own it would hold the worker, heartbeats and all."""
    store, apart = MemoryStore(), Subprocess()
    evaluate = make_evaluate(store=store)
    evaluate.isolation = apart

    await evaluate.settle(await evaluate.work([make_record(make_call(output="{}", json_schema=json.loads(chain(26))))]))

    (row,) = store.rows.values()
    score = next(score for score in row.scores if score.scorer == "json_schema")
    assert (score.value, score.label) == (None, "timeout")
    await apart.close()
