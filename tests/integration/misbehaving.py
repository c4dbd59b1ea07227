"""Somebody's own module, loaded by a worker under test: checks that misbehave, a clock that jumps, a bug."""

import os
import random
import time
from pathlib import Path
from typing import Any

from monitor.checks import check
from monitor.model import Route, Sample
from monitor.policy import Routing

if os.environ.get("JUMPING_CLOCK"):
    _time, _time_ns, _chance = time.time, time.time_ns, random.Random(1)

    def _jump() -> int:
        return _chance.choice((-7200, -60, 0, 3600, 86_400))

    time.time = lambda: _time() + _jump()
    time.time_ns = lambda: _time_ns() + _jump() * 10**9

if "BUG_MARKER" in os.environ:
    _marker, _route = Path(os.environ["BUG_MARKER"]), Routing.route

    def _route_with_a_bug(self: Routing, sample: Sample, *rest: Any) -> Route:
        """Stands for a bug of ours, in our own code, and only the first time."""
        if (sample.output or "").startswith("BUG") and not _marker.exists():
            _marker.touch()
            raise ZeroDivisionError
        return _route(self, sample, *rest)

    Routing.route = _route_with_a_bug


@check("raises")
def raises(_: Sample) -> bool:
    raise ValueError("always")


@check("rubbish")
def rubbish(_: Sample) -> bool:
    return "rubbish"  # type: ignore[return-value]


@check("stuck", limit=0.3)
def stuck(sample: Sample) -> bool:
    while (sample.output or "").startswith("STUCK"):
        time.sleep(0)
    return True
