"""Items, reviewers and a desk for tests."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from monitor.adapters.memory import MemoryJudging, MemoryMeter, MemoryReviews
from monitor.formats import native
from monitor.judges import Rubric, version
from monitor.model import Item, Reason, Review, Sample, State
from monitor.pipeline.attention import Attention
from monitor.pipeline.collect import Collect
from monitor.reviews import Desk, Rule, Rules
from tests.builders import NOON_MS, make_rubric, make_sample

ANN, BOB, CAT = UUID(int=0xA), UUID(int=0xB), UUID(int=0xC)
LEASE_MS = 60_000
T = NOON_MS


def make_item(number: int = 1, sample: Sample | None = None, **said: Any) -> Item:
    sample = sample or make_sample(id=UUID(int=1000 + number), prompt=f"Question {number}?")
    ordinary: dict[str, Any] = {
        "id": UUID(int=number),
        "sample": sample.id,
        "app": "app",
        "judge": "quality",
        "rubric": version(make_rubric()),
        "payload": native.write(sample).decode(),
        "reason": Reason.UNSURE,
        "inclusion": 0.5,
        "created_ms": T - 1000 + number,
    }
    return Item(**(ordinary | said))


def make_desk(*items: Item, **rules: Any) -> Desk:
    ordinary: dict[str, Any] = {"lease_ms": LEASE_MS}
    desk = Desk(Rules(**(ordinary | rules)))
    for item in items:
        desk.put(item)
    return desk


def make_review(item: Item | int, reviewer: UUID = ANN, verdict: str = "pass", **said: Any) -> Review:
    ordinary: dict[str, Any] = {
        "item": UUID(int=item) if isinstance(item, int) else item.id,
        "reviewer": reviewer,
        "state": State.DONE,
        "answers": {"verdict": verdict},
    }
    return Review(**(ordinary | said))


@dataclass
class Clock:
    """Stands still until it is moved."""

    now_ms: int = T

    def __call__(self) -> float:
        return self.now_ms / 1000

    def go(self, ms: int) -> None:
        self.now_ms += ms


@dataclass
class Office:
    """A desk with everything behind it, in memory."""

    rubric: Rubric = field(default_factory=make_rubric)
    rule: Rule = Rule.MAJORITY
    leads: Collection[UUID] = ()
    rules: Mapping[str, Any] = field(default_factory=dict[str, Any])
    queue: MemoryReviews = field(default_factory=MemoryReviews)
    opinions: MemoryJudging = field(default_factory=MemoryJudging)
    clock: Clock = field(default_factory=Clock)
    meter: MemoryMeter = field(default_factory=MemoryMeter)
    attention: Attention = field(default_factory=Attention)

    def collect(self) -> Collect:
        """A process that begins, with nothing but what is durable."""
        return Collect(
            desk=make_desk(**self.rules),
            rubrics={"quality": self.rubric},
            versions={"quality": version(self.rubric)},
            queue=self.queue,
            opinions=self.opinions,
            rule=self.rule,
            leads=lambda: self.leads,
            clock=self.clock,
            meter=self.meter,
            attention=self.attention,
        )
