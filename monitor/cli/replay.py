"""``evergauge check`` and ``evergauge replay``: the pipeline over a file, without Kafka or any server."""

import asyncio
import itertools
from pathlib import Path
from typing import Any, Unpack

import click
from rich.text import Text

from monitor.adapters.jsonl import JsonLines, evaluation_as_json, letter_as_json
from monitor.build import build_evaluate, inside
from monitor.model import Evaluation, Outcome, Verdict
from monitor.pipeline import Batch, Evaluate, Input, Replay, Report
from monitor.ports import Sink
from monitor.settings import Settings

from .files import STDIN, opened, progress
from .main import FINDINGS, GOOD, Place, Refused
from .reading import TOPIC, How, Taken, reading_options, take
from .show import VERDICT_STYLE, as_json, console, print_json, printable, table


@click.command()
@click.argument("file")
@reading_options
@click.option(
    "--limit", default=5, show_default=True, type=click.IntRange(min=0), help="How many samples to look at; 0 for all."
)
@click.option("--failed", is_flag=True, help="Show only checks that failed.")
@as_json
@click.pass_context
def check(ctx: click.Context, file: str, limit: int, failed: bool, as_json: bool, app: str, **how: Unpack[How]) -> None:
    """Look at a few samples: what every check says, and why.

    FILE is JSON, CSV, Parquet or OTLP protobuf, may be .gz, or - for standard input. Exit code 1 when a sample fails or
    cannot be read.

    \b
    Example:
      evergauge check samples.jsonl --limit 2
      evergauge check answers.csv --column input=question --column output=answer --app shop
    """
    place: Place = ctx.obj
    settings = place.settings()
    with opened(file) as source:
        taken = take(source, settings, **how)
        evaluate = _evaluate(settings, taken, app)
        batch = asyncio.run(_worked(evaluate, list(itertools.islice(taken.records, limit or None))))
    if as_json:
        print_json([*map(evaluation_as_json, batch.evaluations), *map(letter_as_json, batch.dead)])
    else:
        for evaluation in batch.evaluations:
            _explain(evaluation, only_failed=failed)
        for letter in batch.dead:
            style = "red bold" if letter.outcome is Outcome.DEAD else "dim"
            console.print(Text.assemble((f"{letter.outcome}  ", style), printable(f"{letter.id}: {letter.detail}")))
    dead = any(letter.outcome is Outcome.DEAD for letter in batch.dead)
    bad = dead or any(e.verdict is Verdict.FAIL for e in batch.evaluations)
    ctx.exit(FINDINGS if bad else GOOD)


@click.command()
@click.argument("file")
@reading_options
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write every evaluation there, as JSONL.")
@as_json
@click.pass_context
def replay(ctx: click.Context, file: str, out: Path | None, as_json: bool, app: str, **how: Unpack[How]) -> None:
    """Score a whole file as the workers would, and report by application.

    Budgets pace live traffic and play no part here.

    FILE is JSON, CSV, Parquet or OTLP protobuf, may be .gz, or - for standard input. Exit code 1 when some of it cannot
    be read.

    \b
    Example:
      evergauge replay samples.jsonl.gz --out evaluations.jsonl
    """
    place: Place = ctx.obj
    if out and out.exists() and file != STDIN and out.samefile(file):
        raise Refused("--out names the file that is read: name another")
    settings = place.settings()
    build_evaluate(settings, inside(settings))  # what is wrong is said before anything is written
    with opened(file) as source, progress(source, "replaying") as bar:
        taken = take(source, settings, **how)
        evaluate = _evaluate(settings, taken, app, JsonLines(out) if out else None)
        report = asyncio.run(_replayed(evaluate, Replay(evaluate).run(taken.records, progress=bar)))
    if as_json:
        print_json(_summary(report))
    else:
        _print_report(report)
    ctx.exit(FINDINGS if report.dead else GOOD)


def _evaluate(settings: Settings, taken: Taken, app: str, sink: Sink | None = None) -> Evaluate:
    evaluate = build_evaluate(settings, inside(settings, sink=sink), budgets=False)
    evaluate.formats = taken.formats
    evaluate.inputs = {TOPIC: Input(format=taken.name, app=app)}
    return evaluate


async def _worked(evaluate: Evaluate, lines: list[Any]) -> Batch:
    if not lines:
        return Batch(records=0)
    return await _replayed(evaluate, evaluate.work(lines))


async def _replayed(evaluate: Evaluate, work: Any) -> Any:
    try:
        done = await work
        await evaluate.sink.close()
        return done
    finally:
        await evaluate.isolation.close()


def _explain(evaluation: Evaluation, *, only_failed: bool) -> None:
    sample, style = evaluation.sample, VERDICT_STYLE[evaluation.verdict]
    console.print(
        Text.assemble(
            (f"{evaluation.verdict:6}", f"{style} bold"),
            (printable(f" {sample.app}"), "bold"),
            printable(f"  {sample.model}  {sample.producer_id or sample.id}") + "\n",
            (printable(f"       {evaluation.because}") + "\n", style),
            (
                f"       {evaluation.outcome}: {evaluation.route.reason}, "
                f"inclusion {evaluation.route.inclusion:g}, policy {evaluation.route.policy:08x}",
                "dim",
            ),
        )
    )
    rows = [
        (score.scorer, "–" if score.value is None else f"{score.value:.2f}", _mark(score.passed), score.why)
        for score in evaluation.scores
        if not only_failed or score.passed is False
    ]
    if rows:
        console.print(table("", ("check", "value", "", "why"), rows, numbers=("value",)))
    console.print()


def _mark(passed: bool | None) -> Text:
    return Text("") if passed is None else Text("✓", "green") if passed else Text("✗", "red")


def _print_report(report: Report) -> None:
    rows = [
        (
            name,
            f"{app.samples:,}",
            *(f"{app.outcomes[outcome]:,}" for outcome in Outcome if outcome.of_a_sample),
            *(f"{app.verdicts[verdict]:,}" for verdict in Verdict),
            ", ".join(f"{check} {share:.1%}" for check, share in app.worst()),
        )
        for name, app in sorted(report.apps.items())
    ]
    outcomes = [outcome.value for outcome in Outcome if outcome.of_a_sample]
    verdicts = [verdict.value for verdict in Verdict]
    columns = ("app", "samples", *outcomes, *verdicts, "worst checks")
    console.print(table("", columns, rows, numbers=("samples", *outcomes, *verdicts)))
    total = sum(app.samples for app in report.apps.values())
    ignored, dead = report.ignored.total(), report.dead.total()
    console.print(f"\n{report.records:,} records, {total:,} samples, {ignored:,} ignored, {dead:,} dead")
    for reason, times in (report.ignored + report.dead).most_common():
        console.print(f"  {reason}: {times:,}")


def _summary(report: Report) -> dict[str, object]:
    return {
        "records": report.records,
        "samples": sum(app.samples for app in report.apps.values()),
        "dead": dict(report.dead),
        "ignored": dict(report.ignored),
        "apps": {
            name: {
                "samples": app.samples,
                "outcomes": {outcome.value: app.outcomes[outcome] for outcome in Outcome if outcome.of_a_sample},
                "verdicts": {verdict.value: app.verdicts[verdict] for verdict in Verdict},
                "worst_checks": dict(app.worst()),
            }
            for name, app in sorted(report.apps.items())
        },
    }


COMMANDS = (check, replay)
