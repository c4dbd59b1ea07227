"""Real servers for tests: one Kafka and one store for the whole run, brought up by the project's own code."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from monitor.adapters.clickhouse import Ledger, read_ledger
from monitor.adapters.clickhouse.client import Client, connect
from monitor.build import address, migrations
from monitor.errors import Unavailable
from monitor.settings import Settings, load
from streams import topics
from streams.cli.send import send_all
from streams.embedded.children import Child, Children, free_port, listening
from streams.embedded.kafka import Broker
from streams.embedded.stack import Accounts
from streams.log import positions

T = TypeVar("T")


class Loop:
    """An event loop in a thread, for tests that are not asynchronous themselves."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=240)


@dataclass
class Servers:
    """A Kafka and a store that can be taken away and brought back."""

    directory: Path
    news: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.loop = Loop()
        self.children = Children(self.directory / "logs", self.news.append)
        self.broker = Broker(directory=self.directory / "kafka", port=free_port(), controller_port=free_port())
        self.accounts = Accounts.of(self.directory)
        self.store_port = free_port()
        self.start("kafka")
        self.start("store")

    def start(self, name: str) -> None:
        self.loop.run(self.children.start(self.child(name)))

    def stop(self, name: str) -> None:
        self.loop.run(self.children.end(name))

    def kill(self, name: str) -> None:
        """End it as a crash would; it is started again by itself."""
        os.kill(self.children.process_id(name), signal.SIGKILL)

    def child(self, name: str) -> Child:
        if name == "kafka":
            return self.broker.child()
        command = [sys.executable, "-m", "streams.embedded.store", str(self.directory / "store"), "--port"]
        port = self.store_port
        return Child(
            name="store",
            command=[*command, str(port)],
            stdin=self.accounts.lines(),
            ready=lambda: listening(port),
        )

    def environment(self, **more: object) -> dict[str, str]:
        """Settings for one test, with topics and tables of its own."""
        name = f"t{uuid.uuid4().hex[:10]}"
        said = {
            "KAFKA__BOOTSTRAP_SERVERS": self.broker.address,
            "KAFKA__GROUP": name,
            "KAFKA__TOPIC_PREFIX": name,
            "KAFKA__PARTITIONS": 4,
            "KAFKA__SESSION_TIMEOUT": 6,
            "CLICKHOUSE__URL": f"http://127.0.0.1:{self.store_port}",
            "CLICKHOUSE__DATABASE": name,
            "CLICKHOUSE__USER": "writer",
            "CLICKHOUSE__PASSWORD": self.accounts.writer,
            "CLICKHOUSE__RETENTION_DAYS": 10_000,  # builders' dates must not expire
            "CLICKHOUSE__TEXT_RETENTION_DAYS": 10_000,
            "SAMPLES__USER_SECRET": "test",
        }
        return {f"EVERGAUGE_{key}": str(value) for key, value in (said | more).items()}

    def close(self) -> None:
        self.loop.run(self.children.stop())


class Way:
    """One test's way from a topic to its tables, with workers that can be treated badly."""

    def __init__(self, servers: Servers, directory: Path, **settings: object) -> None:
        self.servers, self.directory = servers, directory
        self.environment = servers.environment(**settings)
        self.settings: Settings = load(None, self.environment)
        self.topic = self.settings.topics()[0].topic
        self.workers: list[Worker] = []
        topics.create(self.settings)
        migrations(self.settings).apply()

    def client(self) -> Client:
        return connect(address(self.settings))

    def send(self, values: Iterable[bytes], *, topic: str = "", headers: Mapping[str, bytes] | None = None) -> int:
        sending = send_all(
            self.settings.kafka,
            topic or self.topic,
            iter(values),
            list((headers or {}).items()),
            None,
            lambda _: None,
        )
        return asyncio.run(sending)

    def worker(self, name: str = "", **settings: object) -> "Worker":
        more = {f"EVERGAUGE_{key}": str(value) for key, value in settings.items()}
        worker = Worker(self.directory, {**self.environment, **more}, name)
        self.workers.append(worker)
        return worker

    def ledger(self) -> Ledger:
        return read_ledger(self.client(), [self.topic])

    def records_done(self) -> int:
        try:
            return sum(partition.records for partition in self.ledger().partitions)
        except Exception:  # noqa: BLE001  the store may be away in the middle of a test
            return -1

    def wait(self, records: int, within: float = 90.0) -> None:
        """Return once the ledger knows so many records, and all of them are committed."""
        wait_until(lambda: self.records_done() >= records, within, lambda: self.report(records))
        wait_until(lambda: not self.records_waiting(), within, lambda: self.report(records))

    def records_waiting(self) -> int:
        """Records that are not committed."""
        try:
            return sum(position.waiting for position in positions(self.settings.kafka, [self.topic]))
        except Unavailable:
            return -1

    def report(self, records: int) -> str:
        logs = "\n".join(worker.log.read_text(errors="replace")[-1500:] for worker in self.workers)
        return f"{self.records_done()} of {records} records are done\n{logs}"

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.client().query(question).result_rows]

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()


class Worker:
    """A worker process."""

    def __init__(self, directory: Path, environment: Mapping[str, str], name: str = "") -> None:
        self.web_port, self.metrics_port = free_port(), free_port()
        self.log = directory / f"worker-{self.web_port}.log"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent.parent),
            **environment,
            "EVERGAUGE_WORKER__NAME": name,
            "EVERGAUGE_WORKER__WEB_PORT": str(self.web_port),
            "EVERGAUGE_WORKER__METRICS_PORT": str(self.metrics_port),
        }
        self.process = self._spawn()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "monitor.cli.program", "--data", str(self.log.parent / "none"), "worker"],
                env=self.environment,
                cwd=self.log.parent,  # where no evergauge.toml lies
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_ready(self, within: float = 40.0) -> "Worker":
        wait_until(lambda: self.get("/ready")[0] == 200, within, lambda: self.log.read_text(errors="replace")[-3000:])
        return self

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web_port}{path}", timeout=2) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except (OSError, ValueError):
            return 0, {}

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.process = self._spawn()

    def terminate(self, within: float = 20.0) -> int:
        """Ask it to stop, and return its exit code; a worker that takes longer fails the test."""
        self.process.terminate()
        return self.process.wait(timeout=within)


def wait_until(holds: Callable[[], bool], within: float, otherwise: Callable[[], str] = lambda: "") -> None:
    """Return once the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} s: {otherwise()}"
        time.sleep(0.1)
