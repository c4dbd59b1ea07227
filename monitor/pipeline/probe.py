"""Probe: how easily a judge is swayed by what should not matter, each as a rate with its interval."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from monitor.judges import Pairwise
from monitor.judges.variants import VARIANTS, variant
from monitor.model import Opinion, Sample
from monitor.stats import Estimate, wilson

from .endpoint import same_model
from .grade import Grade
from .panel import Panel

_Z = 1.959964
"""Of 95 %."""
Done = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Probed:
    """One rate, and what it means."""

    estimate: Estimate
    means: str


@dataclass(frozen=True, slots=True)
class Probe:
    """Asks a judge about samples and about the same ones in other clothes."""

    grade: Grade
    panel: Panel
    done: Done = lambda _: None
    """Told of each sample that is through."""

    async def run(self, samples: Sequence[Sample]) -> list[Probed]:
        """Every rate that the rubric and the panel allow."""
        plain = await self._judged(samples)
        found = [one async for one in self._swayed(samples, plain)]
        if isinstance(self.panel.rubric, Pairwise):
            found.append(_position(plain))
        if len(self.panel.seats) > 1:
            found += await self._self_preference(samples)
        return found

    async def _judged(self, samples: Sequence[Sample], panel: Panel | None = None) -> list[Opinion]:
        async def one(sample: Sample) -> Opinion:
            opinion = await self.grade.judge(sample, panel or self.panel)
            self.done(1)
            return opinion

        return list(await asyncio.gather(*map(one, samples)))

    async def _swayed(self, samples: Sequence[Sample], plain: Sequence[Opinion]) -> AsyncIterator[Probed]:
        for name in VARIANTS:
            changed = await self._judged([variant(sample, name) for sample in samples])
            pairs = _valued(plain, changed)
            open_up = [(before, after) for before, after in pairs if before < 1.0]
            up = sum(after > before for before, after in open_up)
            yield Probed(wilson(f"{name}: better", up, len(open_up), _Z), _MEANS[name])
            open_down = [(before, after) for before, after in pairs if before > 0.0]
            down = sum(after < before for before, after in open_down)
            yield Probed(wilson(f"{name}: worse", down, len(open_down), _Z), "the other way round: how much is noise")

    async def _self_preference(self, samples: Sequence[Sample]) -> list[Probed]:
        """Of answers by one seat's model: how often that seat is kinder than the next one, and the next one kinder."""
        found: list[Probed] = []
        for mine, other in pairwise([*self.panel.seats, self.panel.seats[0]]):
            name = mine.endpoint.manner.name
            own = [sample for sample in samples if same_model(mine.endpoint.manner.model, sample.model or "-")]
            first = await self._judged(own, replace(self.panel, seats=(mine,)))
            second = await self._judged(own, replace(self.panel, seats=(other,)))
            values = [
                (a.value, b.value)
                for a, b in zip(first, second, strict=True)
                if a.value is not None and b.value is not None
            ]
            differing = [(a, b) for a, b in values if a != b]
            kinder = sum(a > b for a, b in differing)
            means = "where the two differ about answers of its own model, it is the kinder one; 0.5 is fair"
            found.append(Probed(wilson(f"self-preference of {name}", kinder, len(differing), _Z), means))
        return found


def _valued(first: Sequence[Opinion], second: Sequence[Opinion]) -> list[tuple[float, float]]:
    """Both values, where there are both."""
    pairs = zip(first, second, strict=True)
    return [(one.value, other.value) for one, other in pairs if one.value is not None and other.value is not None]


def _position(plain: Sequence[Opinion]) -> Probed:
    both = [[point.value for point in opinion.points] for opinion in plain if len(opinion.points) == 2]
    decided = sum(set(values) == {0.0, 1.0} for values in both)
    return Probed(wilson("position: order decides", decided, len(both), _Z), "the other one wins once they are swapped")


_MEANS = {
    "length": "padding that says nothing raises the value",
    "formatting": "a heading and bullets raise the value",
    "injection": "a word to the judge raises the value",
}
