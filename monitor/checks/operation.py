"""What a call took: time and money."""

from dataclasses import dataclass

from monitor.model import Sample

from .base import CLEAN, Finding, at_least, register

_NO_LATENCY = Finding.not_applicable("the producer gives no latency")
_NO_COST = Finding.not_applicable("the producer gives no cost")


@register("latency", default=True)
@dataclass(frozen=True, slots=True)
class Latency:
    """The call took at most ``limit_ms``; a longer one loses value in proportion."""

    limit_ms: float = 60_000.0

    def __post_init__(self) -> None:
        at_least(1, limit_ms=self.limit_ms)

    def __call__(self, sample: Sample) -> Finding:
        took = sample.latency_ms
        if took is None:
            return _NO_LATENCY
        if took <= self.limit_ms:
            return CLEAN
        return Finding(self.limit_ms / took * 0.99, f"took {took:.0f} ms, {self.limit_ms:.0f} allowed", "slow")


@register("cost", default=True)
@dataclass(frozen=True, slots=True)
class Cost:
    """The call cost at most ``limit_usd``; a dearer one loses value in proportion."""

    limit_usd: float = 1.0

    def __post_init__(self) -> None:
        at_least(1e-9, limit_usd=self.limit_usd)

    def __call__(self, sample: Sample) -> Finding:
        cost = sample.cost_usd
        if cost is None:
            return _NO_COST
        if cost <= self.limit_usd:
            return CLEAN
        return Finding(self.limit_usd / cost * 0.99, f"cost ${cost:.4f}, ${self.limit_usd:.4f} allowed", "dear")
