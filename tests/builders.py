"""Samples, records and settings for tests: say what matters, the rest is ordinary."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import yaml

from monitor.adapters.memory import (
    InProcess,
    MemoryBus,
    MemoryJudging,
    MemoryMeter,
    MemoryReviews,
    MemoryStore,
    ScriptedSandbox,
)
from monitor.build import Parts, build_endpoints, build_evaluate, build_grade
from monitor.checks import Finding, Scorer, build_scorers
from monitor.formats import Defaults, Limits, decode, formats
from monitor.judges import Rubric, read_rubric
from monitor.model import (
    Headers,
    Judgement,
    Message,
    Opinion,
    Origin,
    Part,
    Question,
    Record,
    Reply,
    Said,
    Sample,
    Score,
    Source,
)
from monitor.pipeline import Evaluate
from monitor.pipeline.bookings import Bookings, Clock
from monitor.pipeline.endpoint import Endpoint, Manner
from monitor.pipeline.grade import Grade
from monitor.pipeline.routed import ORIGIN_HEADER, ROUTE_HEADER, Slip
from monitor.policy import Breaker, Price
from monitor.policy import Limits as SpendingLimits
from monitor.ports import Judge, Treasury
from monitor.settings import Settings, load

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)


def make_sample(output: str | None = "A fine answer.", *, prompt: Any = "A question?", **said: Any) -> Sample:
    said.setdefault("messages", (Message("user", (Part(prompt),)),))
    ordinary: dict[str, Any] = {"id": UUID(int=1), "time": NOON, "app": "app", "output": output}
    return Sample(**(ordinary | said))


def make_record(
    value: bytes | str | dict[str, Any] | list[Any] | None = None,
    *,
    offset: int = 0,
    partition: int = 0,
    topic: str = "evergauge.samples",
    arrived_ms: int = NOON_MS,
    headers: Headers = (),
) -> Record:
    if isinstance(value, dict | list):
        value = json.dumps(value)
    if isinstance(value, str):
        value = value.encode(errors="surrogatepass")
    return Record(Origin(topic, partition, offset), value, arrived_ms, headers=headers)


def make_call(**said: Any) -> dict[str, Any]:
    """A native sample as JSON."""
    return {"id": "call-1", "app": "app", "model": "m", "input": "A question?", "output": "A fine answer."} | said


def make_score(value: float | None, scorer: str = "a", *, passed: bool | None = None, why: str = "") -> Score:
    if passed is None and value is not None:
        passed = value >= 1.0
    return Score(scorer=scorer, value=value, passed=passed, why=why)


def make_scorer(name: str, **parameters: Any) -> Scorer:
    (scorer,) = build_scorers({name: parameters}, at="checks")
    return scorer


def run_check(name: str, sample: Sample, **parameters: Any) -> Finding:
    answer = make_scorer(name, **parameters).check(sample)
    assert isinstance(answer, Finding)
    return answer


def make_settings(**environment: Any) -> Settings:
    """Settings by environment names without their prefix: ``KAFKA__PARTITIONS=1``."""
    return load(None, {f"EVERGAUGE_{name}": str(value) for name, value in environment.items()})


def make_evaluate(
    settings: Settings | None = None,
    *,
    store: MemoryStore | None = None,
    bus: MemoryBus | None = None,
    meter: MemoryMeter | None = None,
) -> Evaluate:
    """The first stage over twins in memory."""
    store = store or MemoryStore()
    parts = Parts(store, store, bus or MemoryBus(), InProcess(), ScriptedSandbox(), meter or MemoryMeter())
    return build_evaluate(settings or make_settings(), parts)


def make_rubric(kind: str = "grade", **said: Any) -> Rubric:
    """Ordinary: a verdict; the other kinds with as little as they need."""
    least: dict[str, dict[str, Any]] = {
        "grade": {"anchors": {"pass": "It helps.", "fail": "It does not."}},
        "checklist": {"items": {"polite": "Is it polite?", "true": "Is it true?"}},
        "criteria": {"criteria": [{"id": "c1", "text": "It is true.", "points": 5}]},
        "pairwise": {},
    }
    ordinary = {"rubric": "test", "kind": kind, "about": "Is it any good?", "instructions": "Be fair."}
    return read_rubric(yaml.safe_dump(ordinary | least[kind] | said, sort_keys=False), at="test.yaml")


def make_question(text: str = "Is it good?", *, schema: str = "{}", longest_reply: int = 100) -> Question:
    return Question(messages=(Said(role="system", text=text),), schema=schema, longest_reply=longest_reply)


def make_reply(document: object = None, **said: Any) -> Reply:
    """A judge's; without a document that the answer passes."""
    text = document if isinstance(document, str) else json.dumps(document or PASSES)
    ordinary: dict[str, Any] = {"text": text, "model": "m", "tokens_in": 100, "tokens_out": 10}
    return Reply(**(ordinary | said))


PASSES = {"explanation": "It helps.", "verdict": "pass"}
FAILS = {"explanation": "It does not.", "verdict": "fail"}


def make_judgement(number: int = 1, **said: Any) -> Judgement:
    ordinary: dict[str, Any] = {
        "content": UUID(int=number), "judge": "j", "version": "v", "endpoint": "e", "reply": json.dumps(PASSES),
        "tokens_in": 100, "tokens_out": 10, "cost": 0.01, "seconds": 0.5, "sample": UUID(int=7), "asked_ms": NOON_MS,
    }  # fmt: skip
    return Judgement(**(ordinary | said))


def make_opinion(number: int = 1, **said: Any) -> Opinion:
    ordinary: dict[str, Any] = {
        "sample": UUID(int=number), "time": NOON, "app": "app", "model": "m", "source": Source.JUDGE, "scorer": "j",
        "version": "v", "value": 1.0, "passed": True, "at_ms": NOON_MS,
    }  # fmt: skip
    return Opinion(**(ordinary | said))


def make_endpoint(judge: Judge, *, name: str = "e", clock: Clock = lambda: 0.0, **manner: Any) -> Endpoint:
    ordinary: dict[str, Any] = {"model": "m", "breaker": Breaker(), "price": Price(question=0.0, reply=0.0)}
    return Endpoint(Manner(name=name, **(ordinary | manner)), judge, clock)


def make_bookings(treasury: Treasury | None = None, *, clock: Clock = NOON.timestamp, **limits: Any) -> Bookings:
    """What one worker may spend; the limits are those of every application."""
    of_app = SpendingLimits(**limits)
    return Bookings(
        limits={}, default=of_app, total=SpendingLimits(), treasury=treasury or MemoryJudging(), clock=clock
    )


def make_routed(call: dict[str, Any] | None = None, *, offset: int = 0, **slip: Any) -> Record:
    """A record as the judge topic has it, with one sample that was drawn."""
    record = make_record(call or make_call(), offset=offset)
    (sample,) = decode(record, formats["native"], defaults=Defaults(), limits=Limits())
    assert isinstance(sample, Sample)
    ordinary: dict[str, Any] = {
        "index": 0, "sample": sample.id, "app": sample.app, "inclusion": 0.1, "reason": "share",
    }  # fmt: skip
    said = Slip(**(ordinary | slip))
    origin = f"{record.origin.topic}/{record.origin.partition}/{record.origin.offset}"
    headers = ((ORIGIN_HEADER, origin.encode()), (ROUTE_HEADER, said.encoded()))
    return replace(record, origin=Origin("evergauge.judge", 0, offset), headers=headers)


def make_grade(
    judges: Mapping[str, Judge],
    *,
    judging: MemoryJudging | None = None,
    bus: MemoryBus | None = None,
    meter: MemoryMeter | None = None,
    **settings: Any,
) -> Grade:
    """The judge stage over twins in memory: an endpoint for each judge, and one panel of all where nothing is said.

    Nothing is waited for.
    """
    said: dict[str, Any] = {
        **{f"ENDPOINTS__{name.upper()}__{key}": value
           for name in judges for key, value in (("URL", "http://127.0.0.1:9/v1"), ("MODEL", "m"))},
        "JUDGES__PANEL__RUBRIC": "safety",
        "JUDGES__PANEL__ENDPOINTS": ", ".join(judges),
        "DEFAULT__JUDGES": "panel",
    }  # fmt: skip
    made = make_settings(**(said | settings))
    endpoints = build_endpoints(made)
    for name, judge in judges.items():
        endpoints[name].judge = judge
    judging = judging or MemoryJudging()
    grade = build_grade(
        made, judgements=judging, opinions=judging, treasury=judging, bus=bus or MemoryBus(), reviews=MemoryReviews(),
        meter=meter or MemoryMeter(), endpoints=endpoints,
    )  # fmt: skip
    grade.ask.sleep = lambda _: asyncio.sleep(0)
    return grade
