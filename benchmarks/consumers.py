"""One way to consume a topic, in a process of its own: ``python -m benchmarks.consumers WAY TOPIC RECORDS``."""

import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

Count = Callable[[int], None]


def main(way: str, topic: str, records: int) -> None:
    """Consume so many records, print seconds and CPU seconds from the first of them on, and end."""
    state = {"seen": 0, "started": 0.0, "cpu": 0.0}

    def count(more: int) -> None:
        if not state["seen"]:
            state.update(started=time.monotonic(), cpu=_cpu())
        state["seen"] += more
        if state["seen"] >= records:
            print("RESULT", time.monotonic() - state["started"], _cpu() - state["cpu"], flush=True)
            os._exit(0)

    {"stock Faust": stock, "tuned Faust": tuned, "chunk transport": chunks, "aiokafka": bare}[way](topic, count)


def _app(name: str, *, tuned: bool) -> Any:
    if tuned:
        import mode.loop

        mode.loop.use("uvloop")
    import faust

    more: dict[str, Any] = (
        {"broker_max_poll_records": 2_000, "consumer_max_fetch_size": 4 * 1024 * 1024} if tuned else {}
    )
    return faust.App(
        name,
        broker=f"kafka://{os.environ['EVERGAUGE_KAFKA__BOOTSTRAP_SERVERS']}",
        store="memory://",
        datadir=tempfile.mkdtemp(),
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        topic_allow_declare=False,
        **more,
    )


def _run(app: Any) -> None:
    import faust

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    faust.Worker(app, loglevel="info", loop=loop, quiet=True, redirect_stdouts=False).execute_from_commandline()


def stock(topic: str, count: Count) -> None:
    """Faust as its documentation shows it."""
    _stock(_app("bench-stock", tuned=False), topic, count)


def tuned(topic: str, count: Count) -> None:
    """The same on uvloop and with larger fetches, as our own workers have them."""
    _stock(_app("bench-tuned", tuned=True), topic, count)


def _stock(app: Any, topic: str, count: Count) -> None:
    async def consume(stream: Any) -> None:
        async for _ in stream:
            count(1)

    app.agent(app.topic(topic, value_serializer="raw"))(consume)
    _run(app)


def chunks(topic: str, count: Count) -> None:
    """Faust over our transport."""
    app = _app("bench-chunks", tuned=True)
    from streams.chunks import ChunkTransport, Cut, chunk_topic

    app.transport = ChunkTransport(app.conf.broker_consumer, app, cut=Cut())

    async def consume(stream: Any) -> None:
        async for event in stream.noack().events():
            records = event.value.fetched
            event.ack()
            count(len(records))

    app.agent(chunk_topic(app, topic, waiting=8))(consume)
    _run(app)


def bare(topic: str, count: Count) -> None:
    """Aiokafka without anything on top."""
    import uvloop
    from aiokafka import AIOKafkaConsumer

    async def consume() -> None:
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=os.environ["EVERGAUGE_KAFKA__BOOTSTRAP_SERVERS"],
            group_id="bench-bare",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        await consumer.start()
        while True:
            fetched = await consumer.getmany(timeout_ms=1000, max_records=2_000)
            if fetched:
                count(sum(len(records) for records in fetched.values()))

    uvloop.run(consume())


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
