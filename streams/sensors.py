"""What only Faust and Kafka can tell: lag, drain time, rebalances."""

import time
from dataclasses import dataclass, field
from typing import Any, cast

from faust.sensors import Sensor

from monitor import metrics
from monitor.adapters.prometheus import PrometheusMeter

from .chunks import ChunkConsumer

_SMOOTHING = 0.2
"""Weight of the newest second in the rate of consumption."""


@dataclass(slots=True)
class _Pace:
    done: int
    at: float
    rate: float = 0.0

    def update(self, done: int, now: float) -> float:
        passed = max(now - self.at, 1e-3)
        newest = max(done - self.done, 0) / passed
        self.rate = newest if self.rate == 0.0 else self.rate + _SMOOTHING * (newest - self.rate)
        self.done, self.at = done, now
        return self.rate


@dataclass(slots=True)
class LagGauge:
    """Lag and drain time of the partitions that this worker holds: from what is acked, not from what is fetched."""

    meter: PrometheusMeter
    _paces: dict[Any, _Pace] = field(default_factory=dict[Any, _Pace])

    def measure(self, consumer: ChunkConsumer) -> dict[str, int]:
        """Set the gauges, and return the lag by partition."""
        now = time.monotonic()
        held: dict[Any, tuple[int, int]] = {}
        for tp in consumer.assignment():
            end = cast("int | None", consumer.highwater(tp))
            done = consumer.done(tp)
            if end is not None and done is not None:
                held[tp] = (done, max(end - done, 0))
        for tp in self._paces.keys() - held.keys():
            del self._paces[tp]
            for metric in (metrics.LAG, metrics.DRAIN_TIME):
                self.meter.forget(metric, (tp.topic, str(tp.partition)))
        for tp, (done, lag) in held.items():
            rate = self._paces.setdefault(tp, _Pace(done, now)).update(done, now)
            labels = (tp.topic, str(tp.partition))
            self.meter.gauge(metrics.LAG, lag, labels)
            self.meter.gauge(metrics.DRAIN_TIME, 0.0 if not lag else lag / rate if rate else float("inf"), labels)
        return {f"{tp.topic}/{tp.partition}": lag for tp, (_, lag) in held.items()}


class Rebalances(Sensor):
    """Counts rebalances."""

    def __init__(self, meter: PrometheusMeter) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]  Faust types this in part only
        self.meter = meter

    def on_rebalance_end(self, app: Any, state: dict[str, Any]) -> None:
        self.meter.count(metrics.REBALANCES)
