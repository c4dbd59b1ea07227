"""Evaluations as JSON lines in a file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from monitor.errors import InvalidConfig
from monitor.model import DeadLetter, Evaluation


@dataclass(slots=True)
class JsonLines:
    """A line for each evaluation and each dead letter; the file is there once it is whole."""

    path: Path

    def __post_init__(self) -> None:
        try:
            self.part.write_bytes(b"")
        except OSError as error:
            raise InvalidConfig({str(self.path): f"cannot be written: {error.strerror}"}) from error

    @property
    def part(self) -> Path:
        """What is written before that."""
        return self.path.with_name(f"{self.path.name}.part")

    async def write(self, evaluations: Sequence[Evaluation], dead: Sequence[DeadLetter], /) -> None:
        lines = [msgspec.json.encode(evaluation_as_json(evaluation)) for evaluation in evaluations]
        lines += [msgspec.json.encode(letter_as_json(letter)) for letter in dead]
        with self.part.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))

    async def close(self) -> None:
        self.part.replace(self.path)


def evaluation_as_json(evaluation: Evaluation) -> dict[str, object]:
    """What a program wants to know of an evaluation."""
    sample, route = evaluation.sample, evaluation.route
    return {
        "id": str(sample.id),
        "producer_id": sample.producer_id,
        "time": sample.time.isoformat(),
        "app": sample.app,
        "model": sample.model,
        "origin": str(evaluation.record.origin),
        "index": sample.index,
        "verdict": evaluation.verdict.value,
        "composite": evaluation.composite,
        "because": evaluation.because,
        "outcome": evaluation.outcome.value,
        "route": {
            "to": route.to.value,
            "inclusion": route.inclusion,
            "reason": route.reason,
            "policy": route.policy,
        },
        "scores": [asdict(score) for score in evaluation.scores],
    }


def letter_as_json(letter: DeadLetter) -> dict[str, object]:
    """What a program wants to know of what became no sample; the bytes stay where they are."""
    return {
        "id": letter.id,
        "outcome": letter.outcome.value,
        "reason": letter.reason,
        "field": letter.field,
        "detail": letter.detail,
    }
