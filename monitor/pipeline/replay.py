"""Replay: the same evaluation over records that lie in a file, with a report at the end."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from monitor.model import DeadLetter, Evaluation, Outcome, Record, Verdict

from .evaluate import Evaluate


@dataclass(slots=True)
class AppReport:
    """What became of one application's samples."""

    samples: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter[Outcome])
    verdicts: Counter[Verdict] = field(default_factory=Counter[Verdict])
    failed: Counter[str] = field(default_factory=Counter[str])
    """Scores below their pass line, by check."""
    given: Counter[str] = field(default_factory=Counter[str])
    """Scores that have a value, by check."""

    def worst(self, most: int = 3) -> list[tuple[str, float]]:
        """The checks that fail most often, with the share that fails."""
        shares = {check: times / self.given[check] for check, times in self.failed.items()}
        return sorted(shares.items(), key=lambda item: -item[1])[:most]


@dataclass(slots=True)
class Report:
    """What became of everything."""

    records: int = 0
    apps: defaultdict[str, AppReport] = field(default_factory=lambda: defaultdict(AppReport))
    dead: Counter[str] = field(default_factory=Counter[str])
    """Dead letters by reason."""
    ignored: Counter[str] = field(default_factory=Counter[str])
    """What there was nothing to evaluate in, by reason."""

    def add(self, evaluations: Iterable[Evaluation], dead: Iterable[DeadLetter]) -> None:
        """Count a batch."""
        for evaluation in evaluations:
            app = self.apps[evaluation.sample.app]
            app.samples += 1
            app.outcomes[evaluation.outcome] += 1
            app.verdicts[evaluation.verdict] += 1
            for score in evaluation.scores:
                if score.value is not None:
                    app.given[score.scorer] += 1
                    if not score.passed:
                        app.failed[score.scorer] += 1
        for letter in dead:
            (self.dead if letter.outcome is Outcome.DEAD else self.ignored)[letter.reason] += 1


@dataclass(slots=True)
class Replay:
    """Run an evaluation over records, chunk by chunk."""

    evaluate: Evaluate
    chunk: int = 500

    async def run(self, records: Iterable[Record], *, progress: Callable[[int], None] | None = None) -> Report:
        """Evaluate every record; ``progress`` is told how many more are done."""
        report = Report()
        chunk: list[Record] = []
        for record in records:
            chunk.append(record)
            if len(chunk) >= self.chunk:
                await self._one(chunk, report, progress)
                chunk = []
        if chunk:
            await self._one(chunk, report, progress)
        return report

    async def _one(self, chunk: list[Record], report: Report, progress: Callable[[int], None] | None) -> None:
        batch = await self.evaluate.work(chunk)
        await self.evaluate.settle(batch)
        report.records += batch.records
        report.add(batch.evaluations, batch.dead)
        if progress:
            progress(batch.records)
