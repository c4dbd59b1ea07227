"""What a batch adds to the metrics: counted in bulk, a few calls a chunk and not a few a sample."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from monitor import metrics
from monitor.checks.scorer import BROKEN
from monitor.metrics import Metric
from monitor.model import DeadLetter, Evaluation, Outcome, RouteTo
from monitor.ports import Labels, Meter


def count_batch(
    meter: Meter,
    topic: str,
    records: int,
    evaluations: Sequence[Evaluation],
    dead: Sequence[DeadLetter],
    seconds: Mapping[str, float],
) -> None:
    """Count a batch of records of one topic, and the seconds that each step took."""
    meter.count(metrics.RECORDS, (topic,), records)
    meter.observe(metrics.CHUNK_RECORDS, {float(records): 1})
    for step, spent in seconds.items():
        meter.observe(metrics.STAGE_SECONDS, {spent: 1}, (step,))
    for metric, outcome in ((metrics.DEAD_LETTERS, Outcome.DEAD), (metrics.IGNORED, Outcome.IGNORED)):
        _count(meter, metric, ((topic, letter.reason) for letter in dead if letter.outcome is outcome))
    _count(
        meter,
        metrics.SAMPLES,
        ((e.sample.app, e.sample.model, e.outcome.value, e.verdict.value) for e in evaluations),
    )
    judged = (e for e in evaluations if e.route.to is RouteTo.JUDGE)
    _count(meter, metrics.JUDGED, ((e.sample.app, e.route.reason) for e in judged))
    _count_scores(meter, evaluations)
    _gauge_inclusion(meter, evaluations)


def _count(meter: Meter, metric: Metric, labels: Iterable[Labels]) -> None:
    for values, times in Counter(labels).items():
        meter.count(metric, values, times)


def _count_scores(meter: Meter, evaluations: Sequence[Evaluation]) -> None:
    values: defaultdict[tuple[str, str], Counter[float]] = defaultdict(Counter)
    failed: Counter[tuple[str, str]] = Counter()
    broken: Counter[tuple[str, str]] = Counter()
    for evaluation in evaluations:
        app = evaluation.sample.app
        for score in evaluation.scores:
            if score.value is not None:
                values[app, score.scorer][score.value] += 1
                if not score.passed:
                    failed[app, score.scorer] += 1
            elif score.label in BROKEN:
                broken[score.scorer, score.label] += 1
    for labels, histogram in values.items():
        meter.observe(metrics.SCORES, histogram, labels)
    for labels, times in failed.items():
        meter.count(metrics.FAILED_CHECKS, labels, times)
    for labels, times in broken.items():
        meter.count(metrics.BROKEN_CHECKS, labels, times)


def _gauge_inclusion(meter: Meter, evaluations: Sequence[Evaluation]) -> None:
    probabilities: defaultdict[str, list[float]] = defaultdict(list)
    for evaluation in evaluations:
        probabilities[evaluation.sample.app].append(evaluation.route.inclusion)
    for app, known in probabilities.items():
        meter.gauge(metrics.INCLUSION, sum(known) / len(known), (app,))
