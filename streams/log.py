"""Kafka as a log that commands look into: how far it goes, how far we are, what lies where."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import KafkaError
from kafka.structs import TopicPartition

from monitor.errors import Unavailable
from monitor.settings import KafkaSettings

from .topics import LARGEST_MESSAGE, PATIENCE, connection


@dataclass(frozen=True, slots=True)
class Position:
    """How far one partition goes, and how far the group has come."""

    topic: str
    partition: int
    begin: int
    """The first offset to account for."""
    end: int
    """The offset that the next record will get."""
    committed: int

    @property
    def waiting(self) -> int:
        """Records that the group has not done yet."""
        return self.end - self.committed


@contextmanager
def _consumer(kafka: KafkaSettings, *, group: str | None = None) -> Generator[Any]:
    """A consumer that never joins a group.

    Raises:
        Unavailable: Kafka is away, or refuses.
    """
    consumer: Any = None
    try:
        consumer = KafkaConsumer(
            **connection(kafka),
            **PATIENCE,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=LARGEST_MESSAGE,
            fetch_max_bytes=LARGEST_MESSAGE,
        )
        yield consumer
    except (KafkaError, OSError, ValueError) as error:
        raise Unavailable("kafka", f"{kafka.bootstrap_servers}: {type(error).__name__}: {error}") from error
    finally:
        if consumer is not None:
            consumer.close()


def positions(kafka: KafkaSettings, names: Sequence[str], *, since_ms: int = 0) -> list[Position]:
    """Where every partition of the topics begins, ends, and what is committed.

    Args:
        kafka: where Kafka is.
        names: topics; one that does not exist has no partitions.
        since_ms: begin with what arrived at or after this time; 0 for everything that is still there.

    Raises:
        Unavailable: Kafka is away.
    """
    with _consumer(kafka, group=kafka.group) as consumer:
        places = [TopicPartition(name, p) for name in names for p in sorted(consumer.partitions_for_topic(name) or ())]
        if not places:
            return []
        begins, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
        times: dict[Any, Any] = consumer.offsets_for_times(dict.fromkeys(places, since_ms)) if since_ms else {}
        found: list[Position] = []
        for place in places:
            begin, end = begins[place], ends[place]
            if since_ms:
                first = times.get(place)
                begin = end if first is None else max(begin, first.offset)
            committed = consumer.committed(place)
            found.append(
                Position(place.topic, place.partition, begin, end, begins[place] if committed is None else committed)
            )
        return found


def read_all(kafka: KafkaSettings, topic: str) -> Generator[Any]:
    """Every record of a topic that is there now, partition by partition.

    Raises:
        Unavailable: Kafka is away.
    """
    with _consumer(kafka) as consumer:
        for number in sorted(consumer.partitions_for_topic(topic) or ()):
            place = TopicPartition(topic, number)
            yield from _between(
                consumer, place, consumer.beginning_offsets([place])[place], consumer.end_offsets([place])[place]
            )


def holds_records(kafka: KafkaSettings, topic: str, partition: int, first: int, last: int) -> list[int]:
    """Which offsets of a range hold a record; the others are markers of transactions, or compacted away.

    Raises:
        Unavailable: Kafka is away.
    """
    with _consumer(kafka) as consumer:
        return [record.offset for record in _between(consumer, TopicPartition(topic, partition), first, last + 1)]


def _between(consumer: Any, place: TopicPartition, start: int, end: int) -> Generator[Any]:
    if start >= end:
        return
    consumer.assign([place])
    consumer.seek(place, start)
    while consumer.position(place) < end:
        for record in consumer.poll(timeout_ms=1000).get(place, ()):
            if record.offset >= end:
                return
            yield record
