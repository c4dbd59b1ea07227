"""Somebody's own module, loaded by a worker under test: checks that misbehave, and a clock that jumps."""

import os
import random
import time

from monitor.checks import check
from monitor.model import Sample

if os.environ.get("JUMPING_CLOCK"):
    _time, _time_ns, _chance = time.time, time.time_ns, random.Random(1)

    def _jump() -> int:
        return _chance.choice((-7200, -60, 0, 3600, 86_400))

    time.time = lambda: _time() + _jump()
    time.time_ns = lambda: _time_ns() + _jump() * 10**9


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


class Bug(BaseException):
    """What no handler expects."""


@check("kills_the_worker")
def kills_the_worker(sample: Sample) -> bool:
    """Stands for a bug of ours: no exception that anything catches, and only the first time."""
    marker = os.environ["BUG_MARKER"]
    if (sample.output or "").startswith("BUG") and not os.path.exists(marker):
        open(marker, "w").close()
        raise Bug
    return True
