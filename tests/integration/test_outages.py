"""Bad days: whatever is killed, stopped or full, the ledger is exact against the input afterwards."""

import random
import signal
import time
from pathlib import Path

import pytest

from streams.cli.dead import read_letters
from streams.cli.status import read_status
from tests.conftest import MakeWay
from tests.integration import misbehaving
from tests.integration.traffic import broken, good, mixed
from tests.servers import Servers, Way, wait_until


def assert_exact(way: Way, sent: int, *, dead: int) -> None:
    """Every record once, every sample once, every dead letter once; nothing that was not sent."""
    status = read_status(way.settings)
    assert status.problems == []
    assert (status.records, status.waiting) == (sent, 0)
    assert status.ledger.arrivals == status.ledger.ids == sent - dead
    assert status.ledger.outcomes["dead"] == dead
    assert len(read_letters(way.settings.kafka)) == dead
    stored = way.rows("SELECT count(), uniqExact(sample_id), countIf(route = 'judge') FROM samples FINAL")
    judged = way.rows("SELECT countIf(judged) FROM ledger FINAL")
    assert stored == [(sent - dead, sent - dead, judged[0][0])]
    assert way.rows("SELECT count() FROM texts FINAL") == [(sent - dead,)]


def wait_exact(way: Way, sent: int, *, dead: int, within: float = 120) -> None:
    way.wait(sent, within)
    assert_exact(way, sent, dead=dead)


def kill_again_and_again(way: Way, times: int, workers: int, *, records: int, seed: int) -> None:
    """kill -9 a worker at moments that nobody chose, start it again, and count."""
    chance = random.Random(seed)
    running = [way.worker(f"w{n}") for n in range(workers)]
    sent = way.send(mixed(records))
    for _ in range(times):
        victim = chance.choice(running)
        time.sleep(chance.uniform(0.8, 3.2))
        victim.kill()
        victim.restart()
    wait_exact(way, sent, dead=broken(records))


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_9_of_a_worker_at_any_moment(make_way: MakeWay, workers: int) -> None:
    way = make_way(DEFAULT__ROUTING__SHARE=0.3, DEFAULT__ROUTING__BUDGET_PER_HOUR=500, WORKER__CHUNK_RECORDS=100)

    kill_again_and_again(way, 6, workers, records=12_000, seed=workers)


@pytest.mark.soak
@pytest.mark.parametrize("workers", [1, 2])
def test_kill_9_of_a_worker_twenty_times_and_more(make_way: MakeWay, workers: int) -> None:
    way = make_way(DEFAULT__ROUTING__SHARE=0.3, DEFAULT__ROUTING__BUDGET_PER_HOUR=500, WORKER__CHUNK_RECORDS=100)

    kill_again_and_again(way, 25, workers, records=60_000, seed=workers)


def outage(way: Way, servers: Servers, name: str, seconds: float) -> None:
    worker = way.worker("w0").wait_ready()
    sent = way.send(mixed(4_000))
    servers.stop(name)
    time.sleep(seconds)
    assert worker.process.poll() is None, "an outage must not cost the worker"
    servers.start(name)
    sent += way.send(mixed(1_000, start=4_000))
    wait_exact(way, sent, dead=broken(4_000) + broken(1_000))
    wait_until(lambda: worker.get("/ready")[0] == 200, 10)


@pytest.mark.parametrize("name", ["kafka", "store"])
def test_a_server_is_stopped_for_a_while(make_way: MakeWay, servers: Servers, name: str) -> None:
    outage(make_way(DEFAULT__ROUTING__SHARE=0.1), servers, name, 5)


@pytest.mark.soak
@pytest.mark.parametrize("name", ["kafka", "store"])
def test_a_server_is_stopped_for_30_seconds(make_way: MakeWay, servers: Servers, name: str) -> None:
    outage(make_way(DEFAULT__ROUTING__SHARE=0.1), servers, name, 30)


@pytest.mark.parametrize("name", ["kafka", "store"])
def test_a_server_crashes_and_comes_back(make_way: MakeWay, servers: Servers, name: str) -> None:
    way = make_way(DEFAULT__ROUTING__SHARE=0.1)
    way.worker("w0").wait_ready()
    sent = way.send(mixed(4_000))

    servers.kill(name)

    wait_exact(way, sent, dead=broken(4_000))


def test_while_the_store_is_away_the_worker_says_so(make_way: MakeWay, servers: Servers) -> None:
    way = make_way()
    worker = way.worker("w0").wait_ready()
    servers.stop("store")
    try:
        way.send(good(500))
        wait_until(lambda: worker.get("/ready")[0] == 503, 15)
        report = worker.get("/ready")[1]
        assert "clickhouse" in report["last_error"]
        assert worker.get("/live")[0] == 200
        assert 'evergauge_holds_total{system="clickhouse"}' in worker.metrics()
        began = time.monotonic()
        assert worker.terminate(within=20) == 0
        assert time.monotonic() - began < 20
    finally:
        servers.start("store")
    worker.restart()
    wait_exact(way, 500, dead=0)


@pytest.mark.parametrize("error", ["full", "internal", "gateway"])
def test_a_store_that_answers_errors(make_way: MakeWay, error: str) -> None:
    from tests.integration.proxy import FlakyStore

    way = make_way()
    with FlakyStore(way.settings.clickhouse.url) as proxy:
        worker = way.worker("w0", CLICKHOUSE__URL=proxy.url).wait_ready()
        sent = way.send(mixed(1_000))
        wait_until(lambda: way.records_done() > 0, 30)
        proxy.error = error
        sent += way.send(mixed(1_000, start=1_000))
        wait_until(lambda: proxy.refused > 2, 30)
        if error == "full":
            assert "disk is full" in worker.get("/ready")[1]["last_error"]
        proxy.error = ""
        wait_exact(way, sent, dead=broken(1_000) * 2)


def test_a_worker_joins_and_another_leaves_under_load(make_way: MakeWay) -> None:
    way = make_way(WORKER__CHUNK_RECORDS=100)
    first = way.worker("w0").wait_ready()
    sent = way.send(mixed(6_000))

    way.worker("w1").wait_ready()
    sent += way.send(mixed(3_000, start=6_000))
    assert first.terminate() == 0

    wait_exact(way, sent, dead=broken(6_000) + broken(3_000))


def test_sigterm_under_load_loses_and_repeats_nothing_that_was_acked(make_way: MakeWay) -> None:
    way = make_way(WORKER__CHUNK_RECORDS=50)
    worker = way.worker("w0").wait_ready()
    sent = way.send(mixed(8_000))
    wait_until(lambda: way.records_done() > 500, 30)

    assert worker.terminate() == 0
    done = way.records_done()
    committed = read_status(way.settings).records

    assert done == committed < sent
    worker.restart()
    wait_exact(way, sent, dead=broken(8_000))


def test_a_worker_that_is_frozen_loses_its_place_and_nothing_else(make_way: MakeWay) -> None:
    way = make_way(WORKER__CHUNK_RECORDS=100)
    frozen = way.worker().wait_ready()
    sent = way.send(mixed(6_000))
    wait_until(lambda: way.records_done() > 100, 30)
    frozen.process.send_signal(signal.SIGSTOP)

    way.worker()
    way.wait(sent, 60)
    frozen.process.send_signal(signal.SIGCONT)
    time.sleep(2)

    wait_exact(way, sent, dead=broken(6_000))


def test_checks_that_misbehave_cost_only_their_own_scores(make_way: MakeWay) -> None:
    way = make_way(
        CHECKS__MODULES=misbehaving.__name__, DEFAULT__CHECKS__RAISES="true", DEFAULT__CHECKS__RUBBISH="true",
        DEFAULT__CHECKS__STUCK="true", KAFKA__PARTITIONS=1,
    )  # fmt: skip
    worker = way.worker("w0").wait_ready()
    stuck = [value.replace(b'"The ferry', b'"STUCK ferry') for value in good(3, start=1_000)]

    way.wait(way.send([*good(40), *stuck]))

    scores = dict(
        ((scorer, label), int(count))
        for scorer, label, count in way.rows(
            "SELECT scorer, label, count() FROM all_scores WHERE scorer IN ('raises', 'rubbish', 'stuck') GROUP BY ALL"
        )
    )
    assert scores == {("raises", "raised"): 43, ("rubbish", "rubbish"): 43, ("stuck", ""): 40, ("stuck", "timeout"): 3}
    assert 'evergauge_check_errors_total{check="stuck",reason="timeout"} 3.0' in worker.metrics()
    assert way.rows("SELECT countIf(verdict = 'fail') FROM samples FINAL") == [(0,)]


def test_a_bug_of_ours_ends_the_worker_and_loses_nothing(make_way: MakeWay, tmp_path: Path) -> None:
    way = make_way(CHECKS__MODULES=misbehaving.__name__)
    way.environment["BUG_MARKER"] = str(tmp_path / "bug")
    worker = way.worker("w0").wait_ready()
    bug = next(good(1, start=9_999)).replace(b'"The ferry', b'"BUG ferry')

    sent = way.send([*good(200), bug, *good(200, start=200)])
    wait_until(lambda: worker.process.poll() is not None, 30)

    assert worker.process.returncode == 70
    worker.restart()
    wait_exact(way, sent, dead=0)


def test_a_clock_that_jumps_changes_no_count(make_way: MakeWay) -> None:
    way = make_way(
        CHECKS__MODULES=misbehaving.__name__, DEFAULT__ROUTING__SHARE=1, DEFAULT__ROUTING__BUDGET_PER_HOUR=30
    )
    way.environment["JUMPING_CLOCK"] = "1"
    worker = way.worker("w0").wait_ready()
    sent = way.send(mixed(3_000))
    wait_until(lambda: way.records_done() > 500, 30)
    worker.kill()
    worker.restart()

    wait_exact(way, sent, dead=broken(3_000))
    hours = way.rows("SELECT countIf(judged) FROM ledger FINAL GROUP BY app, toStartOfHour(arrived)")
    assert all(judged <= 30 for (judged,) in hours)
