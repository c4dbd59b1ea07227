"""What each default check costs: CPU time of one core, over the samples of the traffic."""

import gc
import json
import time
from collections import deque
from collections.abc import Callable, Iterator

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from benchmarks.harness import Figure, arguments, lines, report
from monitor.checks import build_scorers, default_checks
from monitor.formats import Defaults, Limits, decode, formats
from monitor.model import Origin, Record, Sample

TOGETHER = 200
SPANS = 10
"""In a record of OTLP."""


def read(records: list[Record]) -> Iterator[Sample]:
    """Every record's sample."""
    defaults, limits, native = Defaults(), Limits(), formats["native"]
    for record in records:
        for sample in decode(record, native, defaults=defaults, limits=limits):
            if isinstance(sample, Sample):
                yield sample


def otlp(samples: list[Sample]) -> list[Record]:
    """The same calls as spans by the GenAI conventions, as the Collector's Kafka exporter writes them."""
    records: list[Record] = []
    for start in range(0, len(samples) - SPANS + 1, SPANS):
        data = TracesData()
        group = data.resource_spans.add()
        group.resource.attributes.append(_said("service.name", "shop"))
        spans = group.scope_spans.add().spans
        for number, sample in enumerate(samples[start : start + SPANS]):
            asked = [{"role": m.role, "parts": [{"type": "text", "content": m.text}]} for m in sample.messages]
            answered = [{"role": "assistant", "parts": [{"type": "text", "content": sample.output or ""}]}]
            span = spans.add(trace_id=sample.id.bytes, span_id=number.to_bytes(8, "big"), name="chat")
            span.start_time_unix_nano = int(sample.time.timestamp() * 1e9)
            span.end_time_unix_nano = span.start_time_unix_nano + 812_500_000
            span.attributes.extend(
                [
                    _said("gen_ai.operation.name", "chat"),
                    _said("gen_ai.provider.name", "openai"),
                    _said("gen_ai.request.model", sample.model),
                    _said("gen_ai.response.model", sample.model),
                    _said("gen_ai.response.id", sample.producer_id),
                    KeyValue(key="gen_ai.usage.input_tokens", value=AnyValue(int_value=31)),
                    KeyValue(key="gen_ai.usage.output_tokens", value=AnyValue(int_value=6)),
                    _said("gen_ai.input.messages", json.dumps(asked)),
                    _said("gen_ai.output.messages", json.dumps(answered)),
                ]
            )
        records.append(Record(Origin("otlp", 0, start), data.SerializeToString(), 0))
    return records


def _said(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of the process, all threads."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    """Measure, print, and write."""
    args = arguments(__doc__, samples=26_000)
    some = lines(args.traffic)[: args.samples]
    samples: list[Sample] = []
    records = [Record(Origin("t", 0, offset), line, 0) for offset, line in enumerate(some)]
    seconds = cpu(lambda: deque(read(records), maxlen=0))  # let go at once, as a worker does after a chunk
    samples.extend(read(records))
    decoded = len(samples) / seconds
    figures = [Figure("decode, native records", decoded, "1/CPU-s", "≥ 60,000", decoded >= 60_000)]
    spans = otlp(samples[:5_000])
    seconds = cpu(lambda: [deque(decode(r, formats["otlp"], defaults=Defaults(), limits=Limits())) for r in spans])
    rate = len(spans) * SPANS / seconds
    figures.append(Figure(f"decode, OTLP spans, {SPANS} a record", rate, "spans/CPU-s", "≥ 15,000", rate >= 15_000))
    spent: dict[str, float] = {}
    for scorer in build_scorers(default_checks(), at="checks"):
        spent[scorer.name] = cpu(
            lambda scorer=scorer: [
                scorer.scores(samples[start : start + TOGETHER]) for start in range(0, len(samples), TOGETHER)
            ]
        )
    total = sum(spent.values())
    rate = len(samples) / total
    figures.append(Figure(f"default set, {len(spent)} checks", rate, "samples/CPU-s", "≥ 5,000", rate >= 5_000))
    figures += [
        Figure(f"{name} ({took / total:.0%})", 1e6 * took / len(samples), "µs/sample")
        for name, took in sorted(spent.items(), key=lambda item: -item[1])
    ]
    report("checks", figures, args.json)


if __name__ == "__main__":
    main()
