"""What the benchmarks of judges share: the stub judge, samples on the judge's topic, and workers that grade."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.harness import cpu_seconds, wait_for
from monitor.adapters.clickhouse.client import Client, connect
from monitor.build import address, migrations
from monitor.cli.show import news
from monitor.settings import Settings, load
from streams import topics
from streams.cli.send import send_all
from streams.embedded.children import Child, free_port, listening
from streams.embedded.stack import Stack

MODEL = "stub"


@dataclass(slots=True)
class Stub:
    """The stand-in judge, as a process of its own."""

    port: int

    @classmethod
    async def start(cls, running: Stack, name: str, labels: Path | None = None, **behaviour: object) -> "Stub":
        """Start one that behaves like this."""
        port = free_port()
        command = [sys.executable, "-m", "streams.embedded.judge", "--port", str(port)]
        command += ["--behaviour", json.dumps(behaviour), *(["--labels", str(labels)] if labels else [])]
        await running.children.start(Child(name=name, command=command, ready=lambda: listening(port)))
        return cls(port)

    @property
    def url(self) -> str:
        """Where an OpenAI client finds it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def stats(self) -> dict[str, Any]:
        """What happened so far."""
        with urlopen(f"http://127.0.0.1:{self.port}/stats", timeout=10) as answer:
            return json.load(answer)


@dataclass(slots=True)
class Worker:
    """A worker that its parent starts again when it ends."""

    running: Stack
    name: str
    web_port: int
    metrics_port: int

    @property
    def cpu(self) -> float:
        """CPU seconds so far."""
        return cpu_seconds(self.running.children.process_id(self.name))

    def kill(self) -> None:
        """End it as a crash would."""
        os.kill(self.running.children.process_id(self.name), signal.SIGKILL)

    def lag(self) -> int | None:
        """Records that are not done with; None while it does not say."""
        try:
            with urlopen(f"http://127.0.0.1:{self.web_port}/ready", timeout=2) as answer:
                report = json.load(answer)
        except OSError:
            return None
        return sum(report["lag"].values()) if report["lag"] else None

    async def end(self) -> None:
        """Stop it for good."""
        await self.running.children.end(self.name)


@dataclass(slots=True)
class Courtroom:
    """Topics and tables for one measurement, on a stack that others use too."""

    running: Stack
    name: str
    said: Mapping[str, object]
    """Settings of all its workers."""
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = load(self.running.config, {**os.environ, **self._environment()})
        topics.create(self.settings)
        migrations(self.settings).apply()

    def _environment(self, **more: object) -> dict[str, str]:
        apart = {"KAFKA__TOPIC_PREFIX": self.name, "KAFKA__GROUP": self.name, "CLICKHOUSE__DATABASE": self.name}
        named = {f"EVERGAUGE_{name}": str(value) for name, value in {**apart, **self.said, **more}.items()}
        return {**self.running.environment, **named}

    async def worker(self, role: str, **more: object) -> Worker:
        """Start a worker of a role, with some settings of its own."""
        name, web, metrics = f"{self.name}-{role}", free_port(), free_port()
        here: dict[str, object] = {
            "WORKER__NAME": name,
            "WORKER__ROLE": role,
            "WORKER__WEB_PORT": web,
            "WORKER__METRICS_PORT": metrics,
            "DATA": self.running.data,
        }
        await self.running.children.start(
            Child(
                name=name,
                command=[sys.executable, "-m", "monitor.cli.program", "--config", str(self.running.config), "worker"],
                environment=self._environment(**here, **more),
                ready=lambda: listening(web),
            )
        )
        return Worker(self.running, name, web, metrics)

    async def summon(self, records: Sequence[bytes]) -> None:
        """Have samples evaluated, so that all of them lie before the judge."""
        news.print(f"[dim]· {self.name}: evaluating {len(records):,} samples[/]")
        await send_all(self.settings.kafka, self.settings.topics()[0].topic, iter(records), [], None, lambda _: None)
        worker = await self.worker("evaluate")
        await wait_for(worker.metrics_port, "evergauge_samples_total", len(records), 120)
        await worker.end()

    def client(self) -> Client:
        """A door to its tables."""
        return connect(address(self.settings))


def judged_by(rubric: str, url: str, width: int, **more: object) -> dict[str, object]:
    """Settings by which every sample is judged by one endpoint."""
    return {
        "JUDGES__IT__RUBRIC": rubric,
        "JUDGES__IT__ENDPOINTS": "main",
        "ENDPOINTS__MAIN__URL": url,
        "ENDPOINTS__MAIN__MODEL": MODEL,
        "ENDPOINTS__MAIN__CONCURRENCY": width,
        "DEFAULT__JUDGES": "it",
        "DEFAULT__ROUTING__SHARE": 1.0,
        **more,
    }


async def until(what: str, holds: Callable[[], bool], within: float, every: float = 0.1) -> float:
    """Return the time at which the condition was seen to hold; nothing else waits meanwhile."""
    deadline = time.monotonic() + within
    while not await asyncio.to_thread(holds):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within:.0f} s")
        await asyncio.sleep(every)
    return time.monotonic()


def one(client: Client, question: str) -> float:
    """The one number that a question asks for."""
    return float(client.query(question).result_rows[0][0])


def distinct(records: Iterable[bytes], most: int) -> list[bytes]:
    """Records that differ in what a judge is shown, so that each is asked about."""
    found: dict[str, bytes] = {}
    for record in records:
        if len(found) == most:
            break
        said = json.loads(record)
        if said["output"]:
            found.setdefault(json.dumps([said["input"], said["output"], said["context"]]), record)
    return list(found.values())
