"""The composite verdict: a weighted blend of the checks, with gates that no blend can make up for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.model import Score, Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """What the scores come to, and which part decided."""

    value: float | None
    """The blend; None when no check gave a value."""
    verdict: Verdict
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """Blend scores by weight; in between failing and passing a sample is unsure."""

    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    """Weight by check; 1 where nothing is said, 0 leaves a check out of the blend."""
    gates: frozenset[str] = frozenset()
    """Checks that fail the sample when they fail, whatever the blend."""
    fail_below: float = 0.5
    pass_from: float = 0.8

    def decide(self, scores: Sequence[Score]) -> Decision:
        """What the scores come to.

        >>> scores = [Score(scorer="a", value=0.9), Score(scorer="b", value=0.2, why="too short")]
        >>> Composite().decide(scores).because
        'blend 0.55 is between 0.5 and 0.8; b takes off the most: 0.20, too short'
        """
        total = weight_sum = 0.0
        heaviest, worst = 0.0, None
        gate = None
        for score in scores:
            if score.value is None:
                continue
            weight = self.weights.get(score.scorer, 1.0)
            total += weight * score.value
            weight_sum += weight
            if score.value < 1.0:
                if weight * (1.0 - score.value) > heaviest:
                    heaviest, worst = weight * (1.0 - score.value), score
                if gate is None and score.passed is False and score.scorer in self.gates:
                    gate = score
        value = total / weight_sum if weight_sum else None
        if gate is not None:
            return Decision(value, Verdict.FAIL, f"gate {gate.scorer}: {gate.why}")
        if value is None:
            return Decision(None, Verdict.UNSURE, "no check gave a value")
        return self._by_blend(value, worst)

    def _by_blend(self, value: float, worst: Score | None) -> Decision:
        if worst is None:
            return _CLEAN if value >= self.pass_from else Decision(value, Verdict.PASS, "every check is clean")
        why = f"; {worst.scorer} takes off the most: {worst.value:.2f}, {worst.why}"
        if value < self.fail_below:
            return Decision(value, Verdict.FAIL, f"blend {value:.2f} is below {self.fail_below}{why}")
        if value < self.pass_from:
            return Decision(
                value, Verdict.UNSURE, f"blend {value:.2f} is between {self.fail_below} and {self.pass_from}{why}"
            )
        return Decision(value, Verdict.PASS, f"blend {value:.2f} reaches {self.pass_from}{why}")


_CLEAN = Decision(1.0, Verdict.PASS, "every check is clean")
