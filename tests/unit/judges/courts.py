"""Judges and records for tests of the judge stage."""

from collections.abc import Sequence
from typing import Any

from monitor.adapters.memory import MemoryJudging, ScriptedJudge
from monitor.model import Missing, Opinion, Question, Record, Reply, Unjudged
from monitor.pipeline.grade import Grade
from tests.builders import make_call, make_reply, make_routed

PRICES: dict[str, Any] = {"PRICES": "{m = {question = 1000, reply = 10000}}"}
"""A reply of the builder costs 0.2."""


def says(*script: Reply | Unjudged) -> ScriptedJudge:
    return ScriptedJudge(list(script) or [make_reply()])


def fault(missing: Missing) -> Unjudged:
    return Unjudged(missing, "so it is")


class Choosy(ScriptedJudge):
    """Fails at one answer, and likes every other."""

    def __init__(self, answer: str, how: Unjudged) -> None:
        super().__init__([])
        self.answer, self.how = answer, how

    async def ask(self, question: Question, /) -> Reply:
        if f"\n{self.answer}\n" in question.messages[1].text:
            raise self.how
        return make_reply()


def routed(*outputs: str, **slip: Any) -> list[Record]:
    return [make_routed(make_call(id=f"call-{n}", output=one), offset=n, **slip) for n, one in enumerate(outputs)]


async def run(grade: Grade, records: Sequence[Record]) -> None:
    await grade.settle(await grade.work(records))


def opinions(judging: MemoryJudging) -> list[Opinion]:
    return list(judging.opinions.values())
