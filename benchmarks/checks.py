"""What each default check costs: CPU time of one core, over the samples of the traffic."""

import gc
import time
from collections.abc import Callable

from benchmarks.harness import Figure, arguments, lines, report
from monitor.checks import build_scorers, default_checks
from monitor.formats import Defaults, Limits, decode, formats
from monitor.model import Origin, Record, Sample

TOGETHER = 200


def read(all_lines: list[bytes]) -> list[Sample]:
    """Every line as a sample."""
    defaults, limits, native = Defaults(), Limits(), formats["native"]
    samples: list[Sample] = []
    for offset, line in enumerate(all_lines):
        samples += [
            sample
            for sample in decode(Record(Origin("t", 0, offset), line, 0), native, defaults=defaults, limits=limits)
            if isinstance(sample, Sample)
        ]
    return samples


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
    seconds = cpu(lambda: [read([line]) for line in some])
    samples.extend(read(some))
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
