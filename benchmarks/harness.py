"""What every benchmark shares: arguments, traffic, a stack of its own, and a result with machine and commit."""

import argparse
import asyncio
import gzip
import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, cast
from urllib.request import urlopen

import psutil
from prometheus_client.parser import text_string_to_metric_families
from rich.text import Text

from monitor.cli.show import console, news, table
from streams.embedded.stack import Stack

ROOT = Path(__file__).parent.parent
TRAFFIC = ROOT.parent / "shared" / "traffic"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number, and what it should reach."""

    what: str
    value: float
    unit: str
    wanted: str = ""
    reached: bool | None = None


def arguments(about: str | None, **more: Any) -> argparse.Namespace:
    """The arguments that every benchmark takes, and some of its own with their defaults."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--traffic", type=Path, default=TRAFFIC, help="folder with traffic/samples.jsonl.gz")
    parser.add_argument("--json", type=Path, help="write the result here")
    for name, default in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=cast(Any, type(default)), default=default)
    return parser.parse_args()


def lines(traffic: Path) -> list[bytes]:
    """The samples of the traffic, one record each."""
    with gzip.open(traffic / "traffic" / "samples.jsonl.gz") as file:
        return [line.rstrip(b"\n") for line in file]


def endless(traffic: Path) -> Iterator[bytes]:
    """The same over and over, each time with other ids, so that no sample is a repeat of another."""
    samples = lines(traffic)
    for turn in count():
        mark = f'"id": "{turn}-'.encode()
        for sample in samples:
            yield sample.replace(b'"id": "', mark, 1)


@asynccontextmanager
async def stack(**environment: object) -> AsyncGenerator[Stack]:
    """Kafka and the store on this machine, in a directory that is thrown away; no worker yet."""
    os.environ.update({f"EVERGAUGE_{name}": str(value) for name, value in environment.items()})
    with tempfile.TemporaryDirectory(prefix="evergauge-bench-") as directory:
        config = Path(directory) / "evergauge.toml"
        config.touch()  # the built-in defaults, wherever the benchmark is called
        running = Stack(Path(directory), lambda message: news.print(f"[dim]· {message}[/]"), config=config, workers=0)
        await running.start()
        try:
            yield running
        finally:
            await running.stop()


def cpu_seconds(process_id: int) -> float:
    """CPU time of a process, all threads."""
    times = psutil.Process(process_id).cpu_times()
    return times.user + times.system


def counted(port: int, name: str) -> float:
    """The sum of a metric over its labels, as a worker shows it."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return sum(s.value for family in families for s in family.samples if s.name == name)


async def wait_for(port: int, name: str, value: float, within: float) -> float:
    """Return the seconds until a metric has reached a value."""
    started = time.monotonic()
    while await asyncio.to_thread(counted, port, name) < value:
        if time.monotonic() - started > within:
            raise TimeoutError(f"{name} did not reach {value} within {within} s")
        await asyncio.sleep(0.2)
    return time.monotonic() - started


def report(name: str, figures: Sequence[Figure], file: Path | None, **details: object) -> None:
    """Print the figures as a table, and write them with machine and commit."""
    rows = [
        (
            f.what,
            f"{f.value:,.2f}",
            f.unit,
            f.wanted,
            {True: Text("✓", "green"), False: Text("✗", "red"), None: ""}[f.reached],
        )
        for f in figures
    ]
    console.print(table(name, ("what", "measured", "unit", "wanted", ""), rows, numbers=("measured",)))
    if file:
        result = {
            "benchmark": name,
            "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "commit": COMMIT,
            "machine": machine(),
            "figures": [{slot: getattr(f, slot) for slot in Figure.__slots__} for f in figures],
            **details,
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    memory = psutil.virtual_memory().total / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "processor": _processor(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    return next((line.split(": ")[1] for line in info.splitlines() if line.startswith("model name")), "")


def _commit() -> str:
    def git(*command: str) -> str:
        return subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    dirty = "+" if git("status", "--porcelain", "--", "monitor", "streams") else ""
    return git("rev-parse", "--short", "HEAD") + dirty


COMMIT = _commit()
"""What is measured: taken at the start, the tree may move on meanwhile."""
