"""The first stage over twins in memory: what becomes of each sample."""

import asyncio
import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import metrics
from monitor.adapters.memory import MemoryBus, MemoryMeter, MemoryStore, ScriptedSandbox
from monitor.checks import Finding, check, register
from monitor.errors import Unavailable
from monitor.model import Outcome, Program, Ran, Record, RouteTo, Sample, Verdict
from monitor.pipeline import Evaluate, Replay
from monitor.policy import HOUR_MS
from tests.builders import (
    NOON_MS,
    make_call,
    make_evaluate,
    make_record,
    make_sample,
    make_scorer,
    make_settings,
)


async def run(evaluate: Evaluate, records: Sequence[Record]) -> None:
    await evaluate.settle(await evaluate.work(records))


def outcomes(store: MemoryStore) -> Counter[Outcome]:
    return Counter(row.outcome for row in store.rows.values())


async def test_a_sample_ends_with_scores_a_verdict_a_route_and_an_outcome() -> None:
    store = MemoryStore()

    await run(make_evaluate(store=store), [make_record(make_call())])

    (row,) = store.rows.values()
    assert row.verdict is Verdict.PASS
    assert {score.scorer for score in row.scores} >= {"json", "empty_output", "secrets"}
    assert row.route.inclusion == 0.05


async def test_what_cannot_become_a_sample_is_buried_and_the_rest_goes_on() -> None:
    store, bus = MemoryStore(), MemoryBus()

    await run(
        make_evaluate(store=store, bus=bus),
        [make_record(b"not JSON", offset=0), make_record([make_call(), {"app": 7}], offset=1)],
    )

    assert len(store.rows) == 1
    assert [(letter.id, letter.reason) for letter in bus.buried.values()] == [
        ("evergauge.samples/0/0", "not_json"),
        ("evergauge.samples/0/1/1", "wrong_type"),
    ]
    assert bus.buried["evergauge.samples/0/0"].value == b"not JSON"


async def test_a_model_that_failed_is_a_failed_sample_and_no_dead_one() -> None:
    store = MemoryStore()

    await run(make_evaluate(store=store), [make_record(make_call(output=None, error="503"))])

    (row,) = store.rows.values()
    assert row.verdict is Verdict.FAIL
    assert row.because == "gate empty_output: no answer: the model failed: 503"


async def test_the_judge_gets_the_bytes_unchanged_once_a_record() -> None:
    bus = MemoryBus()
    record = make_record([make_call(id=str(n)) for n in range(5)], headers=(("theirs", b"1"),))

    await run(make_evaluate(make_settings(DEFAULT__ROUTING__SHARE=1), bus=bus), [record])

    ((forwarded, chosen),) = bus.forwarded.values()
    assert forwarded == record
    assert [evaluation.sample.index for evaluation in chosen] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("environment", "call", "outcome"),
    [
        ({"DEFAULT__ROUTING__SHARE": 1}, {}, Outcome.SCORED),
        ({"DEFAULT__ROUTING__SHARE": 0}, {}, Outcome.SCORED),
        ({"DEFAULT__ROUTING__SHARE": 1e-9}, {}, Outcome.SAMPLED_OUT),
        ({"DEFAULT__ROUTING__SHARE": 1, "DEFAULT__ROUTING__BUDGET_PER_HOUR": 0}, {}, Outcome.OVER_BUDGET),
    ],
)
async def test_outcomes(environment: dict[str, object], call: dict[str, object], outcome: Outcome) -> None:
    store = MemoryStore()

    await run(make_evaluate(make_settings(**environment), store=store), [make_record(make_call(**call))])

    assert outcomes(store) == {outcome: 1}


async def test_a_sample_that_no_check_can_score_has_failed() -> None:
    from monitor.checks import default_checks

    @check("test_never")
    def never(_: object) -> None:
        return None

    store = MemoryStore()
    off = {f"DEFAULT__CHECKS__{name.upper()}": "false" for name in default_checks()}
    settings = make_settings(
        DEFAULT__CHECKS__TEST_NEVER="true", **off, DEFAULT__VERDICT__GATES="", DEFAULT__VERDICT__WEIGHTS="{}"
    )

    await run(make_evaluate(settings, store=store), [make_record(make_call())])

    assert outcomes(store) == {Outcome.FAILED: 1}


async def test_a_format_may_come_with_the_record() -> None:
    store, bus = MemoryStore(), MemoryBus()
    pair = {"request": {"messages": [{"role": "user", "content": "x"}]}, "response": None}

    await run(
        make_evaluate(store=store, bus=bus),
        [
            make_record(pair, headers=(("evergauge-format", b"openai"), ("evergauge-app", b"shop")), offset=0),
            make_record(pair, headers=(("evergauge-format", b"smoke signals"),), offset=1),
        ],
    )

    (row,) = store.rows.values()
    assert row.sample.app == "shop"
    (letter,) = bus.buried.values()
    assert (letter.reason, letter.field) == ("unknown_format", "header evergauge-format")


async def test_an_unknown_application_gets_the_default_plan() -> None:
    store = MemoryStore()

    await run(make_evaluate(store=store), [make_record(make_call(app="never seen"))])

    assert len(store.rows) == 1


async def test_writing_a_batch_again_changes_nothing() -> None:
    store, bus = MemoryStore(), MemoryBus()
    evaluate = make_evaluate(make_settings(DEFAULT__ROUTING__SHARE=1), store=store, bus=bus)
    batch = await evaluate.work([make_record(make_call()), make_record(b"x", offset=1)])

    await evaluate.settle(batch)
    first = dict(store.rows), dict(store.dead), dict(bus.forwarded), dict(bus.buried)
    await evaluate.settle(batch)

    assert first == (store.rows, store.dead, bus.forwarded, bus.buried)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(0, 40))
async def test_however_a_replay_cuts_its_chunks_it_decides_alike(cuts: list[int], budget: int) -> None:
    settings = make_settings(DEFAULT__ROUTING__SHARE=0.5, DEFAULT__ROUTING__BUDGET_PER_HOUR=budget, KAFKA__PARTITIONS=1)
    records = [
        make_record(make_call(id=str(n)), offset=n, arrived_ms=NOON_MS + n * HOUR_MS // 60) for n in range(sum(cuts))
    ]
    whole, parts = MemoryStore(), MemoryStore()

    await run(make_evaluate(settings, store=whole), records)
    start = 0
    for size in cuts:  # a new worker for each chunk: it knows only what the store holds
        await run(make_evaluate(settings, store=parts), records[start : start + size])
        start += size

    assert {k: row.route for k, row in whole.rows.items()} == {k: row.route for k, row in parts.rows.items()}


async def test_a_chunk_that_comes_again_is_decided_from_what_was_before_it() -> None:
    settings = make_settings(DEFAULT__ROUTING__SHARE=1, DEFAULT__ROUTING__BUDGET_PER_HOUR=6, KAFKA__PARTITIONS=1)
    records = [make_record(make_call(id=str(n)), offset=n, arrived_ms=NOON_MS + n) for n in range(20)]
    store = MemoryStore()
    evaluate = make_evaluate(settings, store=store)

    await run(evaluate, records[:10])
    await run(evaluate, records[10:])
    before = {place: row.route for place, row in store.rows.items()}
    await run(evaluate, records[10:])  # as after a rebalance, in the same process

    assert before == {place: row.route for place, row in store.rows.items()}


async def test_a_hole_in_the_log_does_not_forget_what_is_still_on_its_way_to_the_store() -> None:
    settings = make_settings(DEFAULT__ROUTING__SHARE=1, DEFAULT__ROUTING__BUDGET_PER_HOUR=6, KAFKA__PARTITIONS=1)
    records = [make_record(make_call(id=str(n)), offset=2 * n, arrived_ms=NOON_MS + n) for n in range(60)]
    evaluate = make_evaluate(settings)

    batches = [await evaluate.work(records[start : start + 20]) for start in (0, 20, 40)]  # nothing is settled yet

    assert sum(e.route.to is RouteTo.JUDGE for batch in batches for e in batch.evaluations) <= 6


async def test_a_partition_that_comes_back_is_asked_about_again() -> None:
    settings = make_settings(DEFAULT__ROUTING__SHARE=1, DEFAULT__ROUTING__BUDGET_PER_HOUR=6, KAFKA__PARTITIONS=1)
    records = [make_record(make_call(id=str(n)), offset=n, arrived_ms=NOON_MS + n) for n in range(30)]
    store = MemoryStore()
    mine, other = (make_evaluate(settings, store=store) for _ in range(2))

    await run(mine, records[:10])
    mine.forget_partitions()
    await run(other, records[10:20])
    await run(mine, records[20:])

    whole = MemoryStore()
    await run(make_evaluate(settings, store=whole), records)
    assert {k: row.route for k, row in store.rows.items()} == {k: row.route for k, row in whole.rows.items()}


async def test_nothing_is_decided_while_the_past_cannot_be_asked() -> None:
    class Away(MemoryStore):
        async def spending(self, *_: object) -> list[tuple[str, int, int, int, int]]:
            raise Unavailable("store", "away")

    evaluate = make_evaluate(make_settings(DEFAULT__ROUTING__BUDGET_PER_HOUR=1), store=Away())

    with pytest.raises(Unavailable):
        await evaluate.work([make_record(make_call())])


async def test_the_metrics_add_up() -> None:
    meter = MemoryMeter()

    await run(make_evaluate(meter=meter), [make_record(make_call()), make_record(b"x", offset=1)])

    assert sum(v for (name, _), v in meter.counts.items() if name == metrics.SAMPLES.name) == 1
    assert meter.counts[metrics.RECORDS.name, ("evergauge.samples",)] == 2
    assert meter.counts[metrics.DEAD_LETTERS.name, ("evergauge.samples", "not_json")] == 1
    assert meter.gauges[metrics.INCLUSION.name, ("app",)] == 0.05
    assert meter.observed[metrics.SCORES.name, ("app", "empty_output")] == {1.0: 1}


async def test_a_broken_check_is_counted() -> None:
    def rubbish(_: object) -> Any:
        return "rubbish"

    check("test_broken")(rubbish)

    meter = MemoryMeter()
    settings = make_settings(DEFAULT__CHECKS__TEST_BROKEN="true")

    await run(make_evaluate(settings, meter=meter), [make_record(make_call())])

    assert meter.counts[metrics.BROKEN_CHECKS.name, ("test_broken", "rubbish")] == 1


async def test_a_replay_reports_by_application() -> None:
    records = [
        make_record(make_call(app="a"), offset=0),
        make_record(make_call(app="a", output=""), offset=1),
        make_record(make_call(app="b"), offset=2),
        make_record(b"broken", offset=3),
    ]
    told: list[int] = []

    report = await Replay(make_evaluate(), chunk=3).run(records, progress=told.append)

    assert (report.records, told) == (4, [3, 1])
    assert report.apps["a"].verdicts == {Verdict.PASS: 1, Verdict.FAIL: 1}
    assert report.apps["a"].worst()[0] == ("empty_output", 0.5)
    assert report.dead == {"not_json": 1}


async def test_a_header_without_a_value_says_nothing() -> None:
    store = MemoryStore()
    headers = (("evergauge-app", None), ("evergauge-format", None))

    await run(make_evaluate(store=store), [make_record(make_call(), headers=headers)])

    assert len(store.rows) == 1


async def test_what_a_letter_says_can_be_written_down() -> None:
    bus = MemoryBus()

    await run(make_evaluate(bus=bus), [make_record(b'{"app":"a","input":"x","output":"y","metadata":{"\\ud800":1}}')])

    (letter,) = bus.buried.values()
    assert (letter.field + letter.detail).encode()


async def test_broken_pieces_do_not_multiply_large_headers() -> None:
    bus = MemoryBus()
    headers = (("baggage", b"x" * 100_000), ("evergauge-app", b"a"))

    await run(make_evaluate(bus=bus), [make_record([{"app": 7}] * 50, headers=headers)])

    assert {letter.headers for letter in bus.buried.values()} == {(("evergauge-app", b"a"),)}


@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 40))
async def test_a_budget_holds_over_all_inputs(inputs: int, partitions: int, budget: int) -> None:
    topics = ", ".join(f'{{topic = "t{n}"}}' for n in range(inputs))
    settings = make_settings(
        DEFAULT__ROUTING__SHARE=1, DEFAULT__ROUTING__BUDGET_PER_HOUR=budget, KAFKA__PARTITIONS=partitions,
        INPUTS=f"[{topics}]",
    )  # fmt: skip
    store = MemoryStore()
    evaluate = make_evaluate(settings, store=store)

    for topic in range(inputs):
        for partition in range(partitions):
            records = [
                make_record(make_call(id=f"{topic}-{partition}-{n}"), topic=f"t{topic}", partition=partition, offset=n)
                for n in range(budget + 1)
            ]
            await run(evaluate, records)

    assert sum(row.route.to is RouteTo.JUDGE for row in store.rows.values()) <= budget


async def test_the_budget_of_a_partition_that_left_is_shown_no_more() -> None:
    meter = MemoryMeter()
    settings = make_settings(DEFAULT__ROUTING__SHARE=1, DEFAULT__ROUTING__BUDGET_PER_HOUR=6)
    evaluate = make_evaluate(settings, meter=meter)
    await run(evaluate, [make_record(make_call())])
    assert any(name == "evergauge_judge_budget_left" for name, _ in meter.gauges)

    evaluate.forget_partitions()

    assert not any(name == "evergauge_judge_budget_left" for name, _ in meter.gauges)


def with_checks(**checks: str) -> Any:
    """Settings with the named checks beside the default ones."""
    return make_settings(**{f"DEFAULT__CHECKS__{name.upper()}": said for name, said in checks.items()})


def scores_of(store: MemoryStore, scorer: str) -> list[Any]:
    rows = sorted(store.rows.values(), key=lambda row: row.record.origin.offset)
    return [next(score for score in row.scores if score.scorer == scorer) for row in rows]


@dataclass(frozen=True)
class Ranks:
    """Looks at a whole chunk at once: the first of it is best."""

    def __call__(self, sample: Sample) -> float:
        raise AssertionError("is asked for many")

    def many(self, samples: Sequence[Sample]) -> list[float]:
        if samples[0].output == "raise":
            raise ZeroDivisionError
        if samples[0].output == "few":
            return [1.0]
        return [1 / (1 + place) for place in range(len(samples))]


register("test_ranks")(Ranks)


async def test_a_check_may_look_at_a_chunk_at_once() -> None:
    store = MemoryStore()
    records = [make_record(make_call(id=str(n)), offset=n) for n in range(4)]

    await run(make_evaluate(with_checks(test_ranks="true"), store=store), records)

    assert [score.value for score in scores_of(store, "test_ranks")] == [1, 1 / 2, 1 / 3, 1 / 4]


@pytest.mark.parametrize(("output", "label"), [("raise", "raised"), ("few", "rubbish")])
async def test_a_chunk_that_goes_wrong_costs_only_that_checks_scores(output: str, label: str) -> None:
    store = MemoryStore()
    records = [make_record(make_call(id=str(n), output=output), offset=n) for n in range(3)]

    await run(make_evaluate(with_checks(test_ranks="true"), store=store), records)

    assert {(score.value, score.label) for score in scores_of(store, "test_ranks")} == {(None, label)}
    assert all(score.value is not None for score in scores_of(store, "length"))


async def test_applications_with_plans_of_their_own_keep_their_order() -> None:
    store = MemoryStore()
    settings = make_settings(APPS__A__CHECKS__LENGTH="{max_chars = 3}")
    records = [make_record(make_call(id=str(n), app="ab"[n % 2], output="12345"), offset=n) for n in range(450)]

    await run(make_evaluate(settings, store=store), records)

    assert [score.value == 1.0 for score in scores_of(store, "length")] == [n % 2 == 1 for n in range(450)]


@given(st.sampled_from([0.0, 0.25, 1.0]))
async def test_a_check_may_look_at_a_share_and_says_so(share: float) -> None:
    store = MemoryStore()
    settings = with_checks(length=f"{{share = {share}}}")
    records = [make_record(make_call(id=str(n)), offset=n) for n in range(400)]

    await run(make_evaluate(settings, store=store), records)

    scores = scores_of(store, "length")
    drawn = [score for score in scores if score.label != "not_drawn"]
    assert {score.inclusion for score in scores} == {share}
    assert abs(len(drawn) / 400 - share) < 0.08
    assert all(score.value is None and "not drawn" in score.why for score in scores if score not in drawn)


@check("test_waits", limit=0.2)  # type: ignore[arg-type]
async def waits(sample: Sample) -> float:
    if sample.output == "long":
        await asyncio.sleep(5)
    if sample.output == "raise":
        raise ZeroDivisionError
    await asyncio.sleep(0.01)
    return 0.5


async def test_a_check_may_wait() -> None:
    store = MemoryStore()
    records = [make_record(make_call(id=str(n), output=o), offset=n) for n, o in enumerate(["x", "long", "raise"])]

    await run(make_evaluate(with_checks(test_waits="true"), store=store), records)

    scores = scores_of(store, "test_waits")
    assert [(score.value, score.label) for score in scores] == [(0.5, ""), (None, "timeout"), (None, "raised")]


async def test_code_is_tried_in_the_sandbox() -> None:
    store = MemoryStore()
    evaluate = make_evaluate(with_checks(unit_tests="true"), store=store)
    said = b'{"name": "f", "parameters": [], "results": [["[]", true, 1]]}'
    evaluate.sandbox = ScriptedSandbox({"def f(): return 1": Ran("done", said), "def f(): loop": Ran("timeout")})
    tests = [{"assert": "f.call()", "eq": 1}, {"assert": "f.name", "eq": "g"}]
    outputs = ["def f(): return 1", "def f(): loop", "no code", "def f(): refused"]
    records = [make_record(make_call(id=str(n), output=o, tests=tests), offset=n) for n, o in enumerate(outputs)]

    await run(evaluate, records)

    scores = scores_of(store, "unit_tests")
    assert [(score.value, score.label) for score in scores] == [
        (0.5, "failed"), (0.0, "timeout"), (0.0, "no_code"), (None, "no_sandbox"),
    ]  # fmt: skip


async def test_what_checks_take_is_counted_by_check() -> None:
    meter = MemoryMeter()

    await run(make_evaluate(meter=meter), [make_record(make_call())])

    assert meter.counts["evergauge_check_seconds_total", ("length",)] > 0


@pytest.mark.parametrize("expression", ["-" * 3_000 + "1", "[" * 150 + "f.name" + "]" * 150, "f.args[9]", "len(1)"])
async def test_tests_that_break_their_reader_cost_only_their_score(expression: str) -> None:
    store = MemoryStore()
    evaluate = make_evaluate(with_checks(unit_tests="true"), store=store)
    said = b'{"name": "f", "parameters": [], "results": []}'
    evaluate.sandbox = ScriptedSandbox({"def f(): return 1": Ran("done", said)})
    call = make_call(output="def f(): return 1", tests=[{"assert": expression, "eq": 1}])

    await run(evaluate, [make_record(call)])

    (score,) = scores_of(store, "unit_tests")
    assert score.value in {None, 0.0}
    assert score.label in {"raised", "bad_tests", "failed"}


async def test_a_machine_without_a_sandbox_is_counted() -> None:
    meter = MemoryMeter()
    tests = [{"assert": "f.call()", "eq": 1}]

    await run(
        make_evaluate(with_checks(unit_tests="true"), meter=meter),
        [make_record(make_call(output="def f(): return 1", tests=tests))],
    )

    assert meter.counts["evergauge_check_errors_total", ("unit_tests", "no_sandbox")] == 1


@dataclass(frozen=True)
class Cranky:
    """Raises when it is asked how long it may take."""

    def __call__(self, sample: Sample) -> bool:
        return True

    def apart(self, sample: Sample) -> float | None:
        raise ZeroDivisionError


register("test_cranky")(Cranky)


async def test_a_check_that_raises_before_it_begins_costs_only_its_score() -> None:
    store = MemoryStore()

    await run(make_evaluate(with_checks(test_cranky="{share = 1.0}"), store=store), [make_record(make_call())])

    (score,) = scores_of(store, "test_cranky")
    assert (score.value, score.label) == (None, "raised")


async def test_what_scorers_note_stays_with_them() -> None:
    """What one of them keeps on a sample may be nothing that another process can be told."""
    sample = make_sample(output="{}")
    sample.notes["mine"] = lambda: 1

    assert pickle.loads(pickle.dumps(sample)) == sample


async def test_a_broken_score_tells_its_share_too() -> None:
    assert replace(make_scorer("json"), share=0.25).broken("raised", "no").inclusion == 0.25


@dataclass(frozen=True)
class CrankyReader:
    """Cannot read what came of a program."""

    seconds: float = 1.0

    def __call__(self, sample: Sample) -> bool:
        raise AssertionError("is tried, and not called")

    def program(self, sample: Sample, /) -> Program:
        return Program("python", "x")

    def read(self, sample: Sample, ran: Ran, /) -> Finding:
        raise RecursionError


register("test_cranky_reader")(CrankyReader)


async def test_a_reader_that_raises_costs_only_its_score() -> None:
    store = MemoryStore()
    evaluate = make_evaluate(with_checks(test_cranky_reader="true"), store=store)
    evaluate.sandbox = ScriptedSandbox({"x": Ran("done")})

    await run(evaluate, [make_record(make_call())])

    (score,) = scores_of(store, "test_cranky_reader")
    assert (score.value, score.label) == (None, "raised")
