"""What judging takes: a worker against a loop by hand, a sample with ten criteria, and chaos with kills and a budget.

Broker, store and the stub judge on this machine. The stub takes 200 ms for an answer, and in the chaos it refuses,
hangs, fails and spoils its replies while the worker is killed.
"""

import asyncio
import json
import subprocess
import sys
import time
from statistics import median
from typing import Any

from benchmarks.checks import read
from benchmarks.courtroom import Courtroom, Stub, distinct, judged_by, one, until
from benchmarks.harness import ROOT, Figure, arguments, endless, lines, report, stack
from benchmarks.judging_chaos import BEHAVIOUR, TIMEOUT, Chaos, chaos
from monitor.adapters.clickhouse import ClickHouseJudging
from monitor.adapters.memory import MemoryBus, MemoryMeter, MemoryReviews
from monitor.build import address, build_endpoints, build_grade
from monitor.cli.show import news
from monitor.model import Origin, Record
from monitor.pipeline.routed import ROUTE_HEADER, Slip
from streams.embedded.stack import Stack

LATENCY = 0.2
"""Seconds of a round trip."""
CRITERIA = 10


async def throughput(running: Stack, stub: Stub, samples: int, width: int) -> list[Figure]:
    """One worker with a backlog, from the first judgement that is durable to the last; then the loop by hand."""
    court = Courtroom(running, "throughput", judged_by("helpfulness", stub.url, width))
    records = distinct(endless(ARGS.traffic), samples)
    await court.summon(records)
    client = court.client()

    def durable() -> float:
        return one(client, "SELECT count() FROM scores WHERE source = 'judge'")

    worker = await court.worker("grade")
    begun = await until("the first judgement", lambda: durable() > 0, 60, every=0.02)
    first, cpu = durable(), worker.cpu
    ended = await until("all judgements", lambda: durable() >= len(records), 300)
    cpu, count = worker.cpu - cpu, len(records) - first
    judged = one(client, "SELECT countIf(missing = '') FROM scores FINAL WHERE source = 'judge'")
    await worker.end()
    rate = count / (ended - begun)
    calls, seconds, by_hand = await asyncio.to_thread(run_by_hand, stub.url, len(records), width)
    return [
        Figure("one worker", rate, "judgements/s", "≥ 250", rate >= 250),
        Figure("  its CPU", 1e3 * cpu / count, "ms each", "≤ 4", 1e3 * cpu / count <= 4),
        Figure("  judged", judged, f"of {len(records):,}", "all", judged == len(records)),
        Figure("by hand: OpenAI's client, gather, semaphore", calls / seconds, "calls/s"),
        Figure("  its CPU", 1e3 * by_hand / calls, "ms each"),
        Figure("  our CPU against it", cpu / count / (by_hand / calls), "×"),
    ]


def run_by_hand(url: str, samples: int, width: int) -> tuple[float, float, float]:
    """Calls, seconds and CPU seconds of the loop written by hand, over the same samples."""
    command = [sys.executable, "-m", "benchmarks.judge_by_hand", url, str(samples), str(width), str(ARGS.traffic)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise SystemExit(f"the loop by hand failed:\n{done.stderr[-2000:]}")
    calls, seconds, cpu = map(float, done.stdout.split())
    return calls, seconds, cpu


async def healthbench(running: Stack, stub: Stub, samples: int) -> list[Figure]:
    """A sample at a time, a call for each of its criteria: from the record to its opinion in the store, in-process."""
    court = Courtroom(running, "healthbench", judged_by("healthbench", stub.url, 32))
    judging = ClickHouseJudging(address(court.settings))
    endpoints = build_endpoints(court.settings)
    stage = build_grade(
        court.settings,
        judgements=judging,
        opinions=judging,
        treasury=judging,
        reviews=MemoryReviews(),
        bus=MemoryBus(),
        meter=MemoryMeter(),
        endpoints=endpoints,
    )
    seconds: list[float] = []
    for number, record in enumerate(distinct(lines(ARGS.traffic), samples + 1)):
        routed = with_criteria(number, json.loads(record))
        started = time.monotonic()
        await stage.settle(await stage.work([routed]))
        seconds.append(time.monotonic() - started)
    seconds = seconds[1:]  # the first opens the connections
    points = one(court.client(), "SELECT min(length(point.value)) FROM scores FINAL WHERE missing = ''")
    for part in (judging, *(endpoint.judge for endpoint in endpoints.values())):
        await part.close()
    trips = median(seconds) / LATENCY
    return [
        Figure(f"{CRITERIA} criteria, a call each: median", trips, "round trips", "≤ 2", trips <= 2),
        Figure("  slowest", max(seconds) / LATENCY, f"round trips of {LATENCY * 1e3:.0f} ms"),
        Figure("  criteria judged, the least of any", points, f"of {CRITERIA}", "all", points == CRITERIA),
    ]


def with_criteria(number: int, said: dict[str, Any]) -> Record:
    """A record of the judge's topic whose sample brings criteria."""
    rubrics: list[dict[str, object]] = [
        {"criterion": f"Names point {one}.", "points": one, "tags": []} for one in range(1, CRITERIA + 1)
    ]
    value = json.dumps({**said, "tests": {"rubrics": rubrics}}).encode()
    bare = Record(Origin("samples", 0, number), value, int(time.time() * 1000))
    (sample,) = read([bare])
    slip = Slip(index=sample.index, sample=sample.id, app=sample.app, inclusion=1.0, reason="random")
    return Record(bare.origin, value, bare.arrived_ms, None, ((ROUTE_HEADER, slip.encoded()),))


async def main() -> None:
    """Measure, print, and write."""
    figures: list[Figure] = []
    async with stack(KAFKA__PARTITIONS=4) as running:
        if ARGS.samples:
            stub = await Stub.start(running, "judge", latency_ms=LATENCY * 1e3)
            figures += await throughput(running, stub, ARGS.samples, ARGS.width)
            news.print("[dim]· healthbench[/]")
            figures += await healthbench(running, stub, 30)
            await running.children.end("judge")
        if ARGS.chaos:
            figures += await chaos(running, Chaos(ARGS.traffic, ARGS.chaos, width=ARGS.chaos_width))
    details: dict[str, object] = {"latency_ms": LATENCY * 1e3, "concurrency": ARGS.width, "samples": ARGS.samples}
    report("judging", figures, ARGS.json, **details, chaos={"samples": ARGS.chaos, "timeout": TIMEOUT, **BEHAVIOUR})


if __name__ == "__main__":
    ARGS = arguments(__doc__, samples=6_000, width=128, chaos=20_000, chaos_width=128)
    asyncio.run(main())
