"""Numbers by name and labels."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.metrics import Metric
from monitor.ports import Labels


@dataclass(slots=True)
class MemoryMeter:
    """Numbers by metric name and labels."""

    counts: Counter[tuple[str, Labels]] = field(default_factory=Counter[tuple[str, Labels]])
    gauges: dict[tuple[str, Labels], float] = field(default_factory=dict[tuple[str, Labels], float])
    observed: defaultdict[tuple[str, Labels], Counter[float]] = field(
        default_factory=lambda: defaultdict[tuple[str, Labels], Counter[float]](Counter)
    )

    def count(self, metric: Metric, labels: Labels = (), by: float = 1) -> None:
        self.counts[metric.name, labels] += by  # pyright: ignore[reportArgumentType]

    def gauge(self, metric: Metric, value: float, labels: Labels = ()) -> None:
        self.gauges[metric.name, labels] = value

    def forget(self, metric: Metric, labels: Labels) -> None:
        self.gauges.pop((metric.name, labels), None)

    def observe(self, metric: Metric, values: Mapping[float, int], labels: Labels = ()) -> None:
        self.observed[metric.name, labels].update(values)
