"""Scores made of other scores: a weighted mean, the least of them, a harmonic mean, the first that there is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.model import Score


class Kind(StrEnum):
    """How several values become one."""

    MEAN = "mean"
    """Weighted arithmetic mean."""
    MINIMUM = "minimum"
    """As good as the worst part."""
    HARMONIC = "harmonic"
    """Weighted harmonic mean: one bad part pulls it down; 0 when a part is 0."""
    FIRST = "first"
    """The first part that has a value, for example BLEU where there is a reference, else relevance."""


Part = tuple[Score, float, float]
"""A score, its value, its weight."""


def _mean(parts: Sequence[Part]) -> float:
    return sum(weight * value for _, value, weight in parts) / sum(weight for _, _, weight in parts)


def _minimum(parts: Sequence[Part]) -> float:
    return min(value for _, value, _ in parts)


def _harmonic(parts: Sequence[Part]) -> float:
    if any(value == 0.0 for _, value, _ in parts):
        return 0.0
    return sum(weight for _, _, weight in parts) / sum(weight / value for _, value, weight in parts)


def _first(parts: Sequence[Part]) -> float:
    return parts[0][1]


_COMBINE: Mapping[Kind, Callable[[Sequence[Part]], float]] = {
    Kind.MEAN: _mean,
    Kind.MINIMUM: _minimum,
    Kind.HARMONIC: _harmonic,
    Kind.FIRST: _first,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """One score made of others."""

    name: str
    kind: Kind
    weights: Mapping[str, float]
    """Weight by the name of a part, in the order in which they are looked at."""
    passes_from: float = 0.5
    needs_all: bool = False
    """Whether one missing part leaves it without a value."""

    def score(self, known: Mapping[str, Score]) -> Score:
        """Its score, from those of its parts; parts without a value are left out.

        >>> parts = {"a": Score(scorer="a", value=0.9), "b": Score(scorer="b", value=0.5)}
        >>> Combined(name="both", kind=Kind.MEAN, weights={"a": 3.0, "b": 1.0}).score(parts).why
        'mean of 3 × a 0.90, 1 × b 0.50 = 0.80'
        """
        parts: list[Part] = []
        missing: list[str] = []
        for name, weight in self.weights.items():
            score = known.get(name)
            if score is None or score.value is None:
                missing.append(name)
            elif weight > 0.0:
                parts.append((score, score.value, weight))
        if not parts or (missing and self.needs_all):
            return Score(scorer=self.name, value=None, why=f"without {', '.join(missing)}", label="not_applicable")
        value = min(max(_COMBINE[self.kind](parts), 0.0), 1.0)
        return Score(scorer=self.name, value=value, passed=value >= self.passes_from, why=self._why(parts, value))

    def _why(self, parts: Sequence[Part], value: float) -> str:
        if self.kind is Kind.FIRST:
            score, _, _ = parts[0]
            return f"{score.scorer} {value:.2f}{f': {score.why}' if score.why else ''}"
        if self.kind is Kind.MINIMUM:
            worst = min(parts, key=lambda part: part[1])[0]
            listed = ", ".join(f"{score.scorer} {one:.2f}" for score, one, _ in parts)
            return f"least of {listed}: {worst.scorer}{f', {worst.why}' if worst.why else ''}"
        mean = "mean" if self.kind is Kind.MEAN else "harmonic mean"
        listed = ", ".join(f"{weight:g} × {score.scorer} {one:.2f}" for score, one, weight in parts)
        return f"{mean} of {listed} = {value:.2f}"


def ordered(combined: Iterable[Combined]) -> tuple[Combined, ...]:
    """All of them, each after its parts.

    Raises:
        ValueError: some are made of each other; the message names the circle.
    """
    by_name = {one.name: one for one in combined}
    done: dict[str, Combined] = {}

    def visit(one: Combined, above: tuple[str, ...]) -> None:
        if one.name in above:
            raise ValueError(" → ".join((*above[above.index(one.name) :], one.name)))
        for part in one.weights:
            if part in by_name and part not in done:
                visit(by_name[part], (*above, one.name))
        done[one.name] = one

    for one in by_name.values():
        if one.name not in done:
            visit(one, ())
    return tuple(done.values())


def combine(scores: Sequence[Score], combined: Sequence[Combined]) -> tuple[Score, ...]:
    """The scores, and after them those that are made of them, in the order of ``combined``."""
    if not combined:
        return tuple(scores)
    known = {score.scorer: score for score in scores}
    for one in combined:
        known[one.name] = one.score(known)
    return tuple(known.values())
