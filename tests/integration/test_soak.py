"""The long runs: `make soak`."""

import random
import time

import pytest

from tests.conftest import MakeWay
from tests.integration.test_outages import wait_exact
from tests.integration.traffic import broken, mixed
from tests.servers import Servers, wait_until


@pytest.mark.soak
def test_half_an_hour_of_bad_days(make_way: MakeWay, servers: Servers) -> None:
    """Kills, stops and crashes of everything, one after the other at random, under steady load."""
    way = make_way(DEFAULT__ROUTING__SHARE=0.2, DEFAULT__ROUTING__BUDGET_PER_HOUR=5_000, WORKER__CHUNK_RECORDS=100)
    chance, workers = random.Random(11), [way.worker(f"w{n}").wait_ready() for n in range(2)]
    sent = dead = 0
    until = time.monotonic() + 1_800
    while time.monotonic() < until:
        sent += way.send(mixed(2_000, start=sent))
        dead += broken(2_000)
        what = chance.choice(("worker", "worker", "kafka", "store", "pause", "stop"))
        if what == "worker":
            victim = chance.choice(workers)
            victim.kill()
            victim.restart()
        elif what in {"kafka", "store"}:
            servers.kill(what)
        elif what == "stop":
            servers.stop("store")
            time.sleep(chance.uniform(1, 30))
            servers.start("store")
        time.sleep(chance.uniform(1, 8))
        wait_until(lambda: 0 <= way.records_waiting() < 40_000, 300)  # -1 while Kafka is away

    wait_exact(way, sent, dead=dead, within=900)
