"""Checks of somebody's own that misbehave, for the tests of isolation."""

import os
import time

from monitor.checks import check
from monitor.model import Sample


@check("slow_good", limit=5.0)
def good(sample: Sample) -> float:
    print("what a check prints stays out of the way")  # noqa: T201
    return 1.0 if sample.output else 0.0


@check("slow_raises", limit=5.0)
def raises(_: Sample) -> bool:
    raise ValueError("no")


@check("slow_rubbish", limit=5.0)
def rubbish(_: Sample) -> bool:
    return {"not": "an answer"}  # type: ignore[return-value]


@check("slow_forever", limit=0.5)
def forever(_: Sample) -> bool:
    while True:
        time.sleep(0)


@check("slow_dies", limit=5.0)
def dies(_: Sample) -> bool:
    os._exit(3)
