"""Is a worker's memory flat: over two million samples, and while the store is away for a minute?"""

import asyncio
import os
import signal
import statistics
import time
from itertools import islice

import psutil

from benchmarks.harness import Figure, arguments, counted, endless, report, stack, wait_for
from monitor.cli.show import news
from streams.cli.send import send_all
from streams.embedded.stack import Stack

SAMPLES = "evergauge_samples_total"
_BLOCK = 20_000
"""Samples on their way at most: they are sent as they are worked off."""


async def measure(samples: int, outage: float) -> None:
    async with stack(KAFKA__PARTITIONS=4, CLICKHOUSE__TEXT_RETENTION_DAYS=1) as running:
        await running.add_worker(0)
        feeding = asyncio.create_task(feed(running, samples))
        curve = await watch(running, samples)
        await feeding
        away = await without_store(running, outage)
    warm = [rss for done, rss in curve if done >= samples * 0.1]
    drift = (statistics.mean(warm[-len(warm) // 5 :]) - statistics.mean(warm[: len(warm) // 5])) / statistics.mean(warm)
    spread = (max(warm) - min(warm)) / statistics.mean(warm)
    grown = (max(away) - warm[-1]) / warm[-1]
    figures = [
        Figure("samples", curve[-1][0], ""),
        Figure("resident, first tenth done", warm[0], "MB"),
        Figure("resident, at the end", warm[-1], "MB"),
        Figure("drift, first to last fifth", drift * 100, "%", "within ± 10", abs(drift) <= 0.1),
        Figure("largest minus smallest", spread * 100, "%"),
        Figure(f"largest in {outage:.0f} s without the store", max(away), "MB"),
        Figure("growth without the store", grown * 100, "%", "≤ 10", grown <= 0.1),
    ]
    report("memory", figures, ARGS.json, curve=curve[:: max(len(curve) // 100, 1)])


async def feed(running: Stack, samples: int) -> None:
    """Send as fast as the worker works off."""
    settings, port = running.settings(), running.metrics_ports[0]
    topic, values = settings.topics()[0].topic, islice(endless(ARGS.traffic), samples)
    sent = 0
    while sent < samples:
        block = list(islice(values, _BLOCK))
        sent += await send_all(settings.kafka, topic, iter(block), [], None, lambda _: None)
        await wait_for(port, SAMPLES, sent - 2 * _BLOCK, 600)


async def watch(running: Stack, samples: int) -> list[tuple[float, float]]:
    """Samples done and resident megabytes, every two seconds."""
    process, port = psutil.Process(running.children.process_id("worker-0")), running.metrics_ports[0]
    curve: list[tuple[float, float]] = []
    told = time.monotonic()
    while not curve or curve[-1][0] < samples:
        await asyncio.sleep(2)
        curve.append((await asyncio.to_thread(counted, port, SAMPLES), round(process.memory_info().rss / 1e6, 1)))
        if time.monotonic() - told > 30:
            told = time.monotonic()
            news.print(f"[dim]· {curve[-1][0]:,.0f} samples, {curve[-1][1]:.0f} MB[/]")
    return curve


async def without_store(running: Stack, seconds: float) -> list[float]:
    """Resident megabytes while the store does not answer and records keep coming."""
    settings = running.settings()
    process = psutil.Process(running.children.process_id("worker-0"))
    store = running.children.process_id("store")
    os.kill(store, signal.SIGSTOP)
    try:
        values = islice(endless(ARGS.traffic), 100_000)
        await send_all(settings.kafka, settings.topics()[0].topic, values, [], None, lambda _: None)
        measured: list[float] = []
        for _ in range(int(seconds)):
            await asyncio.sleep(1)
            measured.append(process.memory_info().rss / 1e6)
        return measured
    finally:
        os.kill(store, signal.SIGCONT)


if __name__ == "__main__":
    ARGS = arguments(__doc__, samples=2_000_000, outage=60.0)
    asyncio.run(measure(ARGS.samples, ARGS.outage))
