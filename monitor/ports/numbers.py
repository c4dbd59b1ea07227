"""Where numbers about ourselves go."""

from collections.abc import Mapping
from typing import Protocol

from monitor.metrics import Metric

Labels = tuple[str, ...]


class Meter(Protocol):
    """Where numbers about ourselves go."""

    def count(self, metric: Metric, labels: Labels = (), by: float = 1) -> None:
        """Add to a counter."""
        ...

    def gauge(self, metric: Metric, value: float, labels: Labels = ()) -> None:
        """Set a gauge."""
        ...

    def forget(self, metric: Metric, labels: Labels) -> None:
        """Drop a gauge that no longer means anything."""
        ...

    def observe(self, metric: Metric, values: Mapping[float, int], labels: Labels = ()) -> None:
        """Put values into a histogram, each with how often it occurred."""
        ...
