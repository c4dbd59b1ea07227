"""A real Prometheus scrapes a real worker, and every panel of the dashboard has something to show."""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dashboards.boards import BOARDS
from dashboards.queries import WINDOW
from streams.embedded.children import free_port
from tests.conftest import MakeWay
from tests.debian import program
from tests.integration.traffic import mixed
from tests.judge import StandIn
from tests.servers import Worker, wait_until

ONLY_AT_TIMES = {
    "Broken checks", "Holds by system", "Labels folded", "Ignored by reason", "Events for a collector",
    "Calls allowed at once", "Circuit open", "Agreement with people", "Evidence of drift", "Drifted", "Reviews",
    "Items waiting", "Judgements used again", "Exchanged with another tool", "Broken reviews", "Exchange cut short",
}  # fmt: skip
"""Bad days, inputs of spans, settings that name a collector, and what people do."""


@dataclass
class Prometheus:
    """A server that scrapes one worker every second."""

    port: int

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def ask(self, query: str) -> list[dict[str, Any]]:
        arguments = urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{arguments}", timeout=10) as answer:
            return json.load(answer)["data"]["result"]


@pytest.fixture
def scraped(make_way: MakeWay, stand_in: StandIn, tmp_path: Path) -> Iterator[tuple[Worker, Prometheus]]:
    """A worker under load, and the Prometheus that has watched it for a while."""
    path = program("prometheus", "prometheus")
    judge = {"ENDPOINTS__MAIN__URL": stand_in.url, "ENDPOINTS__MAIN__MODEL": "stub", "DEFAULT__JUDGES": "helpfulness"}
    judge |= {"JUDGES__HELPFULNESS__RUBRIC": "helpfulness", "JUDGES__HELPFULNESS__ENDPOINTS": "main"}
    reviews = {"DEFAULT__REVIEWS__CONTROL": 0.5}
    way = make_way(DEFAULT__ROUTING__SHARE=0.5, DEFAULT__ROUTING__BUDGET_PER_HOUR=100_000, **judge, **reviews)
    worker, grader, prometheus = way.worker(), way.worker(WORKER__ROLE="grade").wait_ready(), Prometheus(free_port())
    worker.wait_ready()
    config = tmp_path / "prometheus.yml"
    targets = [f"127.0.0.1:{one.metrics_port}" for one in (worker, grader)]
    job = {"job_name": "evergauge", "static_configs": [{"targets": targets}]}
    config.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}))
    process = subprocess.Popen(
        [path, f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
         f"--web.listen-address=127.0.0.1:{prometheus.port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(prometheus.ready, 30)
        for wave in range(5):
            way.send(mixed(400, start=400 * wave))
            time.sleep(1)
        way.wait(2_000)
        yield worker, prometheus
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_every_panel_has_something_to_show(scraped: tuple[Worker, Prometheus]) -> None:
    _, prometheus = scraped
    views = [view for board in BOARDS for those in board.views.values() for view in those]
    wanted = {view.title: view.query.replace(WINDOW, "30s") for view in views}

    def empty() -> set[str]:
        return {title for title, query in wanted.items() if not prometheus.ask(query)}

    wait_until(lambda: empty() <= ONLY_AT_TIMES, 20, lambda: f"empty: {empty()}")


def test_prometheus_counts_what_arrived(scraped: tuple[Worker, Prometheus]) -> None:
    _, prometheus = scraped

    def counted() -> float:
        answer = prometheus.ask("sum(evergauge_samples_total) + sum(evergauge_dead_letters_total)")
        return float(answer[0]["value"][1]) if answer else 0.0

    wait_until(lambda: counted() == 2_000, 20, lambda: f"counted {counted()}")


def test_promtool_has_nothing_against_the_metrics(scraped: tuple[Worker, Prometheus]) -> None:
    worker, _ = scraped
    checked = subprocess.run(
        [program("promtool", "prometheus"), "check", "metrics"],
        input=worker.metrics().encode(),
        capture_output=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr.decode()
