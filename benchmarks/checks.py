"""What each default check costs: CPU time of one core, over the samples of the traffic."""

import gc
import time
from collections import deque
from collections.abc import Callable, Iterator

from benchmarks.harness import Figure, arguments, lines, report
from monitor.checks import build_scorers, default_checks
from monitor.formats import Defaults, Limits, decode, formats
from monitor.model import Origin, Record, Sample

TOGETHER = 200


def read(records: list[Record]) -> Iterator[Sample]:
    """Every record's sample."""
    defaults, limits, native = Defaults(), Limits(), formats["native"]
    for record in records:
        for sample in decode(record, native, defaults=defaults, limits=limits):
            if isinstance(sample, Sample):
                yield sample


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
