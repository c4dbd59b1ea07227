"""Samples, records and settings for tests: say what matters, the rest is ordinary."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from monitor.adapters.memory import InProcess, MemoryBus, MemoryMeter, MemoryStore, ScriptedSandbox
from monitor.build import Parts, build_evaluate
from monitor.checks import Finding, Scorer, build_scorers
from monitor.model import Headers, Message, Origin, Part, Record, Sample, Score
from monitor.pipeline import Evaluate
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
