"""How soon a judge that was silently replaced is found out, and how often one that was not is accused.

Control items are failures and passes by halves. A judge finds nine failures of ten and passes 95 passes of 100; then
it finds seven of ten. The betting watch is compared, on the same items, with a threshold on a rolling mean of errors.
"""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median, quantiles

from rich.progress import track

from benchmarks.harness import Figure, arguments, report
from monitor.cli.show import news
from monitor.stats import ControlDrift, DriftWatch

SENSITIVITY, WORSE, SPECIFICITY = 0.9, 0.7, 0.95
QUIET = 10_000
"""Items without a change, the baseline among them."""
BEFORE = (0, 1_000, 5_000)
"""Items between the baseline and the change."""
AFTER = 3_000
"""Items after the change; a run without an alarm by then counts as that long."""

RULE = ControlDrift(alpha=0.05)


@dataclass(slots=True)
class RollingMean:
    """What a dashboard does: the mean of the last errors against that of the baseline and three points."""

    baseline: int
    last: deque[bool] = field(default_factory=lambda: deque[bool](maxlen=200))
    seen: int = 0
    wrong: int = 0
    recent: int = 0

    def update(self, wrong: bool) -> bool:
        """Take one item; whether the mean is over the threshold now."""
        if self.seen < self.baseline:
            self.seen, self.wrong = self.seen + 1, self.wrong + wrong
            return False
        full = len(self.last) == self.last.maxlen
        self.recent += wrong - (self.last[0] if full else 0)
        self.last.append(wrong)
        return full and self.recent / len(self.last) > self.wrong / self.seen + 0.03


def items(chance: random.Random, sensitivity: float) -> Iterator[tuple[bool, bool]]:
    """Control items without end: whether it is a failure, and whether the judge says so."""
    while True:
        fails = chance.random() < 0.5
        yield fails, chance.random() < (sensitivity if fails else 1 - SPECIFICITY)


def accused(chance: random.Random) -> tuple[bool, bool]:
    """Whether the watch, and the threshold, alarm although nothing changes."""
    watch, mean = DriftWatch.start(RULE), RollingMean(2 * RULE.baseline_items)
    ours = theirs = False
    for _, (fails, said) in zip(range(QUIET), items(chance, SENSITIVITY), strict=False):
        ours = watch.update(fails=fails, judged_fail=said) or ours
        theirs = mean.update(fails != said) or theirs
    return ours, theirs


def delays(chance: random.Random, before: int) -> tuple[int | None, int | None]:
    """Items from the change to the alarm of the watch, and of the threshold; None where it came before the change."""
    watch, mean = DriftWatch.start(RULE), RollingMean(2 * RULE.baseline_items)
    ours = theirs = False
    quiet = 0
    for fails, said in items(chance, SENSITIVITY):
        learned = watch.missed.bound is not None and watch.false_alarms.bound is not None
        if learned and quiet == before:
            break
        quiet += learned
        ours = watch.update(fails=fails, judged_fail=said) or ours
        theirs = mean.update(fails != said) or theirs
    found: list[int | None] = [None if ours else AFTER, None if theirs else AFTER]
    for after, (fails, said) in zip(range(1, AFTER + 1), items(chance, WORSE), strict=False):
        said_so = watch.update(fails=fails, judged_fail=said), mean.update(fails != said)
        found = [after if delay == AFTER and now else delay for delay, now in zip(found, said_so, strict=True)]
        if AFTER not in found:
            break
    return found[0], found[1]


def figures_of_delay(before: int, runs: int) -> list[Figure]:
    """Median and 90th percentile of ours, and the same of the threshold, when the change comes so late."""
    found = [delays(random.Random(f"{before}/{run}"), before) for run in track(range(runs), f"{before}", console=news)]
    ours, theirs = ([delay for delay in side if delay is not None] for side in zip(*found, strict=True))
    what = f"sensitivity .9 → .7, {before:,} items after the baseline"
    return [
        Figure(f"{what}: median delay", median(ours), "items", "≤ 400", median(ours) <= 400),
        Figure("  90th percentile", quantiles(ours, n=10)[-1], "items"),
        Figure("  rolling mean, where it had not alarmed yet", median(theirs or [AFTER]), "items"),
        Figure("  rolling mean, alarmed before the change", 100 * (1 - len(theirs) / runs), "% of runs"),
    ]


def main() -> None:
    """Measure, print, and write."""
    args = arguments(__doc__, runs=400)
    quiet = [accused(random.Random(run)) for run in track(range(args.runs), "no change", console=news)]
    ours, theirs = (100 * sum(side) / args.runs for side in zip(*quiet, strict=True))
    figures = [
        Figure(f"alarms in {QUIET:,} items without a change", ours, "% of runs", "≤ 5", ours <= 5),
        Figure("  rolling mean of 200 over baseline + 3 points", theirs, "% of runs"),
    ]
    for before in BEFORE:
        figures += figures_of_delay(before, args.runs)
    report("judge drift", figures, args.json, runs=args.runs, baseline_items=RULE.baseline_items, alpha=RULE.alpha)


if __name__ == "__main__":
    main()
