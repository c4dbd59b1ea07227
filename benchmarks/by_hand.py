"""What somebody would write who needs only this: confluent-kafka, the same checks, clickhouse-connect, in one loop.

Run as a program by ``hot_path``: ``python -m benchmarks.by_hand TOPIC COUNT``; prints its CPU seconds and samples.
"""

import os
import resource
import sys
from datetime import UTC, datetime
from typing import Any

from clickhouse_connect import driver
from confluent_kafka import Consumer

from monitor.checks import build_scorers, default_checks
from monitor.formats import Defaults, Limits, decode, formats
from monitor.model import Origin, Record, Sample

BATCH = 1_000
SAMPLES = [
    "sample_id", "producer_id", "ts", "app", "model", "model_version", "tags", "check.name", "check.value",
    "check.passed", "check.label", "check.why", "k_topic", "k_partition", "k_offset", "arrived", "ver",
]  # fmt: skip
TEXTS = ["sample_id", "ts", "app", "input", "output", "context", "reference", "arrived", "ver"]


def main(topic: str, wanted: int) -> None:
    """Consume, check, insert, commit, and again."""
    connect: Any = driver
    client = connect.create_client(
        host="127.0.0.1",
        port=int(os.environ["EVERGAUGE_CLICKHOUSE__URL"].rsplit(":", 1)[1]),
        username=os.environ["EVERGAUGE_CLICKHOUSE__USER"],
        password=os.environ["EVERGAUGE_CLICKHOUSE__PASSWORD"],
        database="by_hand",
        compress=False,
    )
    consumer = Consumer(
        {
            "bootstrap.servers": os.environ["EVERGAUGE_KAFKA__BOOTSTRAP_SERVERS"],
            "group.id": "by-hand",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    scorers = build_scorers(default_checks(), at="checks")
    done, before = 0, _cpu()
    while done < wanted:
        messages = consumer.consume(BATCH, timeout=1.0)
        if not messages:
            continue
        samples: list[list[Any]] = []
        texts: list[list[Any]] = []
        for message in messages:
            samples_of, texts_of = _rows(message, scorers)
            samples += samples_of
            texts += texts_of
        client.insert("samples", samples, column_names=SAMPLES)
        client.insert("texts", texts, column_names=TEXTS)
        consumer.commit(asynchronous=False)
        done += len(samples)
    print(_cpu() - before, done)
    consumer.close()


def _rows(message: Any, scorers: Any) -> tuple[list[list[Any]], list[list[Any]]]:
    arrived = message.timestamp()[1]
    at = datetime.fromtimestamp(arrived / 1000, UTC)
    record = Record(Origin(message.topic(), message.partition(), message.offset()), message.value(), arrived)
    samples: list[list[Any]] = []
    texts: list[list[Any]] = []
    for sample in decode(record, formats["native"], defaults=Defaults(), limits=Limits()):
        if not isinstance(sample, Sample):
            continue
        scores = [scorer.score(sample) for scorer in scorers]
        samples.append(
            [sample.id, sample.producer_id, sample.time, sample.app, sample.model, sample.model_version, sample.tags,
             [s.scorer for s in scores], [s.value for s in scores], [s.passed for s in scores],
             [s.label for s in scores], [s.why for s in scores], message.topic(), message.partition(),
             message.offset(), at, arrived]
        )  # fmt: skip
        texts.append(
            [sample.id, sample.time, sample.app, sample.prompt, sample.output, "\n".join(sample.context),
             "\n".join(sample.references), at, arrived]
        )  # fmt: skip
    return samples, texts


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
