"""Consuming alone: our chunk transport, stock Faust and bare aiokafka over one topic, each in a process of its own."""

import asyncio
import os
import subprocess
import sys
from itertools import islice

from benchmarks.harness import ROOT, Figure, arguments, endless, report, stack
from monitor.cli.show import news
from streams.cli.send import send_all

WAYS = ("stock Faust", "tuned Faust", "chunk transport", "aiokafka")


async def measure(records: int, stock: int) -> None:
    results: dict[str, tuple[float, float]] = {}
    async with stack(KAFKA__PARTITIONS=4) as running:
        settings = running.settings()
        topic = settings.topics()[0].topic
        news.print(f"[dim]· sending {records:,} records[/]")
        await send_all(settings.kafka, topic, islice(endless(ARGS.traffic), records), [], None, lambda _: None)
        for way in WAYS:
            wanted = stock if way.endswith("Faust") else records
            results[way] = await asyncio.to_thread(consume, way, topic, wanted, running.environment)
            news.print(f"[dim]· {way}: {results[way][0]:,.0f} records/s[/]")
    rate = results["chunk transport"][0]
    against = {way: rate / results[way][0] for way in WAYS}
    figures = [
        *(Figure(way, results[way][0], "records/s") for way in WAYS),
        *(Figure(way, results[way][1], "records/CPU-s") for way in WAYS),
        Figure("against stock Faust", against["stock Faust"], "×", "≥ 10", against["stock Faust"] >= 10),
        Figure("against Faust on uvloop with larger fetches", against["tuned Faust"], "×"),
        Figure("against bare aiokafka", against["aiokafka"], "×"),
    ]
    report("transport", figures, ARGS.json, records=records)


def consume(way: str, topic: str, records: int, environment: dict[str, str]) -> tuple[float, float]:
    """Records a second and records a CPU second of one way to consume."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.consumers", way, topic, str(records)],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    result = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), "")
    if not result:
        raise SystemExit(f"{way} failed:\n{done.stderr[-2000:]}")
    _, seconds, cpu = result.split()
    return records / float(seconds), records / float(cpu)


if __name__ == "__main__":
    ARGS = arguments(__doc__, records=400_000, stock=30_000)
    asyncio.run(measure(ARGS.records, ARGS.stock))
