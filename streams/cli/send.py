"""``evergauge send``: a file into Kafka."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import click
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, UnknownTopicOrPartitionError

from monitor.cli.files import opened, progress
from monitor.cli.main import Place, Refused
from monitor.cli.show import as_json, news, print_json
from monitor.errors import Unavailable
from monitor.formats import formats
from monitor.pipeline.inputs import APP_HEADER, FORMAT_HEADER
from monitor.settings import KafkaSettings
from streams.bus import connection
from streams.topics import LARGEST_MESSAGE

_AT_ONCE = 5_000
"""Records on their way before the next is read."""

Tell = Callable[[int], None]


@click.command()
@click.argument("file")
@click.option("--topic", default="", help="Where to; without it the first input topic.")
@click.option("--format", "format_name", type=click.Choice(list(formats)), help="Say so in a header of each record.")
@click.option("--app", default="", help="Name the application in a header of each record.")
@click.option("--rate", type=click.FloatRange(min=0.001), help="Records a second; without it as fast as it goes.")
@as_json
@click.pass_context
def send(
    ctx: click.Context, file: str, topic: str, format_name: str | None, app: str, rate: float | None, as_json: bool
) -> None:
    """Send a file's records to Kafka, one a line; FILE may be .gz, or - for standard input.

    \b
    Example:
      evergauge send samples.jsonl.gz --rate 100
    """
    place: Place = ctx.obj
    settings = place.settings()
    target = topic or settings.topics()[0].topic
    headers = [(FORMAT_HEADER, format_name.encode())] if format_name else []
    headers += [(APP_HEADER, app.encode(errors="surrogateescape"))] if app else []
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its errors reach people as ours
    started = time.monotonic()
    with opened(file) as source, progress(source, "sending") as bar:
        sent = asyncio.run(send_all(settings.kafka, target, source.values(), headers, rate, bar))
    seconds = time.monotonic() - started
    if as_json:
        print_json({"topic": target, "records": sent, "seconds": round(seconds, 3)})
    else:
        news.print(f"{sent:,} records to {target} in {seconds:.1f} s ({sent / max(seconds, 1e-9):,.0f}/s)")


async def send_all(
    kafka: KafkaSettings,
    topic: str,
    values: Iterator[bytes],
    headers: list[tuple[str, bytes]],
    rate: float | None,
    tell: Tell,
) -> int:
    """Send every value and return how many there were, once the broker has them all.

    Raises:
        Refused: a record is larger than the topic takes, or there is no such topic.
        Unavailable: Kafka is away.
    """
    producer = AIOKafkaProducer(
        **connection(kafka), acks="all", linger_ms=20, max_batch_size=262_144, max_request_size=LARGEST_MESSAGE
    )
    try:
        try:
            await producer.start()
            return await _paced(producer, topic, values, headers, rate, tell)
        except MessageSizeTooLargeError as error:
            raise Refused(
                f"a record is larger than {topic} takes: split it, or raise the topic's max.message.bytes; "
                "what came before it was sent"
            ) from error
        except UnknownTopicOrPartitionError as error:
            raise Refused(f"there is no topic {topic}: see `evergauge topics list`") from error
        except (KafkaError, OSError) as error:
            raise Unavailable("kafka", f"{kafka.bootstrap_servers}: {type(error).__name__}: {error}") from error
    finally:
        with suppress(KafkaError, OSError):
            await producer.stop()


async def _paced(
    producer: AIOKafkaProducer,
    topic: str,
    values: Iterator[bytes],
    headers: list[tuple[str, bytes]],
    rate: float | None,
    tell: Tell,
) -> int:
    started, sent = time.monotonic(), 0
    waiting: list[asyncio.Future[object]] = []
    for value in values:
        waiting.append(await producer.send(topic, value, headers=headers))
        sent += 1
        if rate:
            ahead = sent / rate - (time.monotonic() - started)
            if ahead > 0:
                await asyncio.sleep(ahead)
        if len(waiting) >= (_AT_ONCE if not rate else max(int(rate / 5), 1)):
            await asyncio.gather(*waiting)
            tell(len(waiting))
            waiting.clear()
    await asyncio.gather(*waiting)
    tell(len(waiting))
    return sent
