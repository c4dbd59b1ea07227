"""``evergauge judge``: how far can a judge be trusted?"""

import asyncio
from collections.abc import Sequence
from typing import Unpack

import click
from rich.progress import Progress

from monitor.build import build_trial
from monitor.judges.variants import VARIANTS
from monitor.model import Sample
from monitor.pipeline.grade import Grade
from monitor.pipeline.panel import Panel
from monitor.pipeline.probe import Probe, Probed

from .main import Place
from .reading import How
from .rubric import read_samples, trial_options
from .show import as_json, console, news, print_json, table


@click.group()
def judge() -> None:
    """Put judges to the test."""


@judge.command("probe")
@trial_options
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="Samples to probe it with.")
@as_json
@click.pass_context
def probe(
    ctx: click.Context,
    name: str,
    file: str,
    endpoints: tuple[str, ...],
    url: str,
    model: str,
    limit: int,
    as_json: bool,
    app: str,
    **how: Unpack[How],
) -> None:
    """Measure how a judge is swayed by order, length, formatting and words to it, each as a rate with its interval.

    Each sample is judged as it is and in three other forms, so this asks at least four times as often. With several
    endpoints it also shows whether each is kinder to its own model.

    \b
    Example:
      evergauge judge probe preference samples.jsonl --endpoint main --limit 200
    """
    place: Place = ctx.obj
    settings = place.settings()
    samples = read_samples(settings, file, app, limit, **how)
    grade, panel = build_trial(settings, name, endpoints, url, model)
    found = asyncio.run(_probed(grade, panel, samples))
    if as_json:
        print_json(
            [
                {"probe": e.name, "rate": e.value, "low": e.low, "high": e.high, "n": e.n, "means": one.means}
                for one in found
                for e in [one.estimate]
            ]
        )
        return
    rows = [
        (e.name, _number(e.value), _number(e.low), _number(e.high), f"{e.n:,}", one.means)
        for one in found
        for e in [one.estimate]
    ]
    columns = ("probe", "rate", "low", "high", "n", "a share of the samples whose judgement changes because")
    console.print(table("", columns, rows, numbers=columns[1:5]))


async def _probed(grade: Grade, panel: Panel, samples: Sequence[Sample]) -> list[Probed]:
    with Progress(console=news, transient=True, disable=not news.is_terminal) as bar:
        task = bar.add_task("judging", total=len(samples) * (1 + len(VARIANTS)))
        try:
            return await Probe(grade, panel, lambda done: bar.update(task, advance=done)).run(samples)
        finally:
            for seat in panel.seats:
                await seat.endpoint.judge.close()


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


COMMANDS = (judge,)
