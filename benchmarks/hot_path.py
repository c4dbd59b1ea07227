"""End to end on this machine: broker, store and one worker beside each other, all default checks.

Sustained rate over a minute with a backlog, and the worker's CPU per sample against a loop written by hand.
"""

import asyncio
import os
import subprocess
import sys
import time
from itertools import islice

from benchmarks.harness import ROOT, Figure, arguments, counted, cpu_seconds, endless, report, stack, wait_for
from monitor.build import migrations
from monitor.checks import default_checks
from monitor.cli.show import news
from monitor.settings import load
from streams.cli.send import send_all
from streams.embedded.stack import Stack

SAMPLES = "evergauge_samples_total"
BACKLOG_RATE = 5_000
"""Samples a second that the backlog is made for."""


async def measure(seconds: int, by_hand: int) -> None:
    async with stack(KAFKA__PARTITIONS=4) as running:
        settings = running.settings()
        topic = settings.topics()[0].topic
        backlog = max(BACKLOG_RATE * (seconds + 15), by_hand)
        news.print(f"[dim]· sending {backlog:,} samples[/]")
        await send_all(settings.kafka, topic, islice(endless(ARGS.traffic), backlog), [], None, lambda _: None)
        await running.add_worker(0)
        rates, cpu = await sustained(running, seconds)
        await running.children.end("worker-0")
        hand_cpu = await asyncio.to_thread(run_by_hand, running, topic, by_hand)
    rate = sum(rates) / len(rates)
    figures = [
        Figure("sustained end to end", rate, "samples/s", "≥ 2,500", rate >= 2_500),
        Figure("slowest ten seconds", min(rates), "samples/s"),
        Figure("worker CPU", cpu["worker"] * 1e6, "µs/sample"),
        Figure("store CPU", cpu["store"] * 1e6, "µs/sample"),
        Figure("broker CPU", cpu["kafka"] * 1e6, "µs/sample"),
        Figure("loop by hand CPU", hand_cpu * 1e6, "µs/sample"),
        Figure("worker against by hand", cpu["worker"] / hand_cpu, "×", "≤ 1.35", cpu["worker"] / hand_cpu <= 1.35),
    ]
    report("hot_path", figures, ARGS.json, seconds=seconds, checks=sorted(default_checks()))


async def sustained(running: Stack, seconds: int) -> tuple[list[float], dict[str, float]]:
    """Samples a second in slices of ten seconds, after a warm-up, and CPU seconds a sample by process."""
    port = running.metrics_ports[0]
    await wait_for(port, SAMPLES, 20_000, 60)
    names = {"worker": "worker-0", "store": "store", "kafka": "kafka"}
    before = {name: cpu_seconds(running.children.process_id(child)) for name, child in names.items()}
    start = last = await asyncio.to_thread(counted, port, SAMPLES)
    rates: list[float] = []
    then = time.monotonic()
    for _ in range(max(seconds // 10, 1)):
        await asyncio.sleep(10)
        done, now = await asyncio.to_thread(counted, port, SAMPLES), time.monotonic()
        rates.append((done - last) / (now - then))
        last, then = done, now
    after = {name: cpu_seconds(running.children.process_id(child)) for name, child in names.items()}
    return rates, {name: (after[name] - before[name]) / (last - start) for name in names}


def run_by_hand(running: Stack, topic: str, samples: int) -> float:
    """CPU seconds a sample of the loop written by hand, over the same records into tables of its own."""
    environment = {**os.environ, **running.environment}
    settings = load(None, {**environment, "EVERGAUGE_CLICKHOUSE__DATABASE": "by_hand"})
    migrations(settings).apply()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.by_hand", topic, str(samples)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the loop by hand failed:\n{done.stderr[-2000:]}")
    cpu, count = done.stdout.split()
    return float(cpu) / int(count)


if __name__ == "__main__":
    ARGS = arguments(__doc__, seconds=60, by_hand=100_000)
    asyncio.run(measure(ARGS.seconds, ARGS.by_hand))
