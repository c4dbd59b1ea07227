"""From produce to readable in ClickHouse, at half the rate that one worker must hold.

Every twentieth sample is a probe: the clock starts before it is handed to the producer and stops when a query first
returns it. Queries run every 50 ms, so the figures are at most that much too large.
"""

import asyncio
import time
from collections.abc import Iterator

from aiokafka import AIOKafkaProducer

from benchmarks.harness import Figure, arguments, endless, report, stack
from monitor.adapters.clickhouse.client import connect
from monitor.build import address
from monitor.settings import Settings
from streams.bus import connection

_PROBE = 20
_PROBES = """
SELECT producer_id FROM samples
WHERE startsWith(producer_id, 'probe-') AND arrived > now64(3) - INTERVAL 20 SECOND
"""


async def measure(rate: float, seconds: int) -> None:
    async with stack(KAFKA__PARTITIONS=4) as running:
        await running.add_worker(0)
        settings = running.settings()
        sent: dict[str, float] = {}
        seen: dict[str, float] = {}
        watching = asyncio.create_task(asyncio.to_thread(watch, settings, sent, seen, seconds))
        await produce(settings, endless(ARGS.traffic), sent, rate, seconds)
        await watching
    took = sorted(seen[probe] - sent[probe] for probe in sent if probe in seen)
    lost = len(sent) - len(took)
    if not took:
        raise SystemExit("no probe was ever readable")
    p99 = took[int(len(took) * 0.99)]
    figures = [
        Figure("rate", rate, "samples/s"),
        Figure("probes", len(took), ""),
        Figure("probes not readable in time", lost, "", "0", lost == 0),
        Figure("median", took[len(took) // 2], "s"),
        Figure("p90", took[int(len(took) * 0.9)], "s"),
        Figure("p99", p99, "s", "< 3", p99 < 3),
        Figure("longest", took[-1], "s"),
    ]
    report("latency", figures, ARGS.json, seconds=seconds)


async def produce(
    settings: Settings, values: Iterator[bytes], sent: dict[str, float], rate: float, seconds: int
) -> None:
    """Send at an even pace, marking probes."""
    producer = AIOKafkaProducer(**connection(settings.kafka), acks="all", linger_ms=5)
    await producer.start()
    topic, started, number = settings.topics()[0].topic, time.monotonic(), 0
    while (elapsed := time.monotonic() - started) < seconds:
        while number < elapsed * rate:
            value = next(values)
            if number % _PROBE == 0:
                value = value.replace(b'"id": "', f'"id": "probe-{number}-'.encode(), 1)
                sent[value.split(b'"id": "', 1)[1].split(b'"', 1)[0].decode()] = time.monotonic()
            await producer.send(topic, value)
            number += 1
        await asyncio.sleep(0.002)
    await producer.stop()


def watch(settings: Settings, sent: dict[str, float], seen: dict[str, float], seconds: int) -> None:
    """Ask for probes until all are seen, or ten seconds after the last was sent."""
    client = connect(address(settings))
    deadline = time.monotonic() + seconds + 10
    while time.monotonic() < deadline:
        rows = client.query(_PROBES).result_rows
        now = time.monotonic()
        for (probe,) in rows:
            seen.setdefault(str(probe), now)
        if len(seen) == len(sent) and now > deadline - 9:
            return
        time.sleep(0.05)


if __name__ == "__main__":
    ARGS = arguments(__doc__, rate=1_250.0, seconds=60)
    asyncio.run(measure(ARGS.rate, ARGS.seconds))
