"""The metric contract, kept and shown: one endpoint a process."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from monitor import metrics
from monitor.metrics import OTHER, Metric
from monitor.ports import Labels

BUDGET = 100
"""Distinct values that one label of one metric may have before the rest counts as ``_other``."""

_FOLDED = frozenset({"app", "model", "check", "reason", "topic"})
"""Labels whose values come from outside; the others are closed sets."""


@dataclass(slots=True)
class _Histogram:
    buckets: list[int]
    sum: float = 0.0


@dataclass(slots=True, eq=False)
class PrometheusMeter(Collector):
    """Counts in bulk, which Prometheus's own instruments cannot, and hands over families when scraped."""

    budget: int = BUDGET
    _counters: defaultdict[tuple[Metric, Labels], float] = field(
        default_factory=lambda: defaultdict[tuple[Metric, Labels], float](float)
    )
    _gauges: dict[tuple[Metric, Labels], float] = field(default_factory=dict[tuple[Metric, Labels], float])
    _histograms: dict[tuple[Metric, Labels], _Histogram] = field(
        default_factory=dict[tuple[Metric, Labels], _Histogram]
    )
    _values: defaultdict[tuple[str, str], set[str]] = field(
        default_factory=lambda: defaultdict[tuple[str, str], set[str]](set)
    )
    _lock: Lock = field(default_factory=Lock)

    def count(self, metric: Metric, labels: Labels = (), by: float = 1) -> None:
        with self._lock:
            self._counters[metric, self._folded(metric, labels)] += by

    def gauge(self, metric: Metric, value: float, labels: Labels = ()) -> None:
        with self._lock:
            self._gauges[metric, self._folded(metric, labels)] = value

    def forget(self, metric: Metric, labels: Labels) -> None:
        with self._lock:
            self._gauges.pop((metric, labels), None)

    def observe(self, metric: Metric, values: Mapping[float, int], labels: Labels = ()) -> None:
        with self._lock:
            key = (metric, self._folded(metric, labels))
            histogram = self._histograms.get(key)
            if histogram is None:
                histogram = self._histograms[key] = _Histogram([0] * (len(metric.buckets) + 1))
            for value, times in values.items():
                histogram.buckets[bisect_left(metric.buckets, value)] += times
                histogram.sum += value * times

    def _folded(self, metric: Metric, labels: Labels) -> Labels:
        """The labels, with values beyond the budget replaced; the lock is held."""
        return tuple(
            self._fold(metric, name, value) if name in _FOLDED else value
            for name, value in zip(metric.labels, labels, strict=True)
        )

    def _fold(self, metric: Metric, name: str, value: str) -> str:
        known = self._values[metric.name, name]
        if value in known:
            return value
        if len(known) < self.budget:
            known.add(value)
            return value
        self._counters[metrics.FOLDED_LABELS, (name,)] += 1
        return OTHER

    def collect(self) -> Iterable[Family]:
        with self._lock:
            families: dict[Metric, Family] = {}
            for (metric, labels), value in self._counters.items():
                counter = families.setdefault(
                    metric, CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
                )
                assert isinstance(counter, CounterMetricFamily)
                counter.add_metric(labels, value)
            for (metric, labels), value in self._gauges.items():
                gauge = families.setdefault(metric, GaugeMetricFamily(metric.name, metric.help, labels=metric.labels))
                assert isinstance(gauge, GaugeMetricFamily)
                gauge.add_metric(labels, value)
            for (metric, labels), histogram in self._histograms.items():
                family = families.setdefault(
                    metric, HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
                )
                assert isinstance(family, HistogramMetricFamily)
                family.add_metric(labels, _cumulative(metric, histogram), histogram.sum)
        return families.values()


def _cumulative(metric: Metric, histogram: _Histogram) -> list[tuple[str, float]]:
    total, buckets = 0, list[tuple[str, float]]()
    for bound, times in zip((*map(str, metric.buckets), "+Inf"), histogram.buckets, strict=True):
        total += times
        buckets.append((bound, total))
    return buckets


def serve(meter: PrometheusMeter, *, host: str, port: int) -> int:
    """Show the meter's numbers, and the process's own, at ``/metrics``; returns the port, chosen when 0."""
    registry = CollectorRegistry()
    registry.register(meter)
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    server, _ = start_http_server(port, addr=host, registry=registry)
    return int(server.server_port)
