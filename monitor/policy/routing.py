"""Who looks next: rules first, then a uniform share, both drawn by the same keyed hash."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

from monitor.model import Route, RouteTo, Sample, Score

from .budget import Budget, Purses
from .sampling import draw, draw_key
from .verdict import Decision


class Router(Protocol):
    """The door that every way to choose fits: a function of the sample, its scores and the purse, nothing else."""

    @property
    def budget(self) -> Budget | None:
        """What an hour may cost; None is no limit."""
        ...

    @property
    def total(self) -> Budget | None:
        """The same for all applications together."""
        ...

    def route(
        self, sample: Sample, scores: Sequence[Score], decision: Decision, purse: Purses | None, now_ms: int, /
    ) -> Route:
        """Decide, and count the decision in the purse."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Send samples on with a probability of their own when a check's value lies in a range, or is missing."""

    check: str
    """A check's name, or ``verdict`` for the composite."""
    below: float | None = None
    at_least: float | None = None
    missing: bool = False
    share: float = 1.0
    to: RouteTo = RouteTo.JUDGE
    name: str = ""

    @property
    def reason(self) -> str:
        return self.name or f"{self.check} rule"

    def matches(self, value: float | None) -> bool:
        """Whether the rule speaks of this value."""
        if value is None:
            return self.missing
        if self.below is None and self.at_least is None:
            return not self.missing
        return (self.below is None or value < self.below) and (self.at_least is None or value >= self.at_least)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The first form of a router: rules and a uniform share, within a budget."""

    share: float = 0.0
    rules: tuple[Rule, ...] = ()
    budget: Budget | None = None
    total: Budget | None = None
    """Of all applications together."""
    salt: str = "evergauge"
    version: int = field(init=False, default=0)
    """A hash of everything above: two policies that may decide differently have different versions."""

    def __post_init__(self) -> None:
        said = repr((self.share, self.rules, self.budget, *([self.total] if self.total else []), self.salt)).encode()
        object.__setattr__(self, "version", int.from_bytes(blake2b(said, digest_size=4).digest(), "big"))

    def route(
        self, sample: Sample, scores: Sequence[Score], decision: Decision, purse: Purses | None, now_ms: int, /
    ) -> Route:
        """Decide; samples of one trace share one draw, so that a trace is seen whole or not at all."""
        to, wanted, reason = self._wanted(scores, decision)
        afforded = wanted if purse is None else purse.share(wanted, now_ms)
        number = draw(draw_key(sample), salt=self.salt) if wanted > 0.0 else 1.0
        chosen = number < afforded
        if purse is not None:
            purse.take(judged=chosen and to is RouteTo.JUDGE)
        return Route(
            to=to if chosen else RouteTo.NOBODY,
            inclusion=afforded,
            reason=reason if afforded == wanted else f"{reason}, lowered by the budget",
            policy=self.version,
            short_of_budget=afforded <= number < wanted,
        )

    def _wanted(self, scores: Sequence[Score], decision: Decision) -> tuple[RouteTo, float, str]:
        """The rule that wants the sample most, or the uniform share."""
        to, share, reason = RouteTo.JUDGE, self.share, "uniform share"
        for rule in self.rules:
            if rule.share > share and rule.matches(_value(rule.check, scores, decision)):
                to, share, reason = rule.to, rule.share, rule.reason
        return to, share, reason


def _value(name: str, scores: Sequence[Score], decision: Decision) -> float | None:
    if name == "verdict":
        return decision.value
    return next((score.value for score in scores if score.scorer == name), None)
