"""``evergauge rubric``: read, check and try what judges go by."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Unpack

import click
from rich.text import Text

from monitor.build import build_trial, load_rubric, shipped_rubrics
from monitor.errors import InvalidConfig
from monitor.formats import Defaults, Limits, decode
from monitor.judges import Call, Criteria, Rubric, calls, overall, scores_by_tag, version
from monitor.model import Opinion, Sample, Unjudged
from monitor.pipeline.grade import Grade
from monitor.pipeline.panel import Panel
from monitor.settings import Settings

from .files import opened
from .main import FINDINGS, GOOD, WRONG_USE, Place, Refused
from .reading import How, reading_options, take
from .show import as_json, console, print_json, printable, table

_TRIAL = (
    click.argument("name", metavar="RUBRIC"),
    click.argument("file"),
    reading_options,
    click.option("--endpoint", "endpoints", multiple=True, help="Of the settings; several make a panel."),
    click.option("--url", default="", help="An OpenAI-compatible endpoint, rather than one of the settings."),
    click.option("--model", default="", help="Its model."),
)


def trial_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says which rubric is tried on what, and at which endpoint."""
    for option in reversed(_TRIAL):
        command = option(command)
    return command


@click.group()
def rubric() -> None:
    """Look at rubrics: what judges and people go by."""


@rubric.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List the rubrics that come with the package.

    \b
    Example:
      evergauge rubric list
    """
    rows = [(name, _kind(one), one.about, version(one)) for name in shipped_rubrics() for one in [load_rubric(name)]]
    if as_json:
        print_json([dict(zip(("rubric", "kind", "about", "version"), row, strict=True)) for row in rows])
    else:
        console.print(table("", ("rubric", "kind", "about", "version"), rows))


@rubric.command("check")
@click.argument("rubrics", nargs=-1, required=True, metavar="RUBRIC…")
@as_json
@click.pass_context
def check(ctx: click.Context, rubrics: Sequence[str], as_json: bool) -> None:
    """Say everything that is wrong with rubrics at once. Exit code 2 when anything is.

    RUBRIC is a YAML file, or the name of one that is shipped.

    \b
    Example:
      evergauge rubric check refunds.yaml
    """
    problems: dict[str, str] = {}
    good: list[dict[str, str]] = []
    for name in rubrics:
        try:
            one = load_rubric(name)
            good.append({"rubric": one.rubric, "kind": _kind(one), "version": version(one)})
        except InvalidConfig as error:
            problems |= error.problems
    if as_json:
        print_json({"rubrics": good, "problems": problems})
    else:
        for said in good:
            console.print(f"[green]✓[/] {said['rubric']}: {said['kind']}, version {said['version']}")
        for place, problem in problems.items():
            console.print(Text.assemble(("✗ ", "red"), printable(f"{place}: {problem}")), soft_wrap=True)
    ctx.exit(WRONG_USE if problems else GOOD)


@rubric.command("try")
@trial_options
@click.option("--limit", default=3, show_default=True, type=click.IntRange(min=1), help="Samples to try it on.")
@click.option("--dry", is_flag=True, help="Show the prompts, and ask nobody.")
@as_json
@click.pass_context
def try_(
    ctx: click.Context,
    name: str,
    file: str,
    endpoints: tuple[str, ...],
    url: str,
    model: str,
    limit: int,
    dry: bool,
    as_json: bool,
    app: str,
    **how: Unpack[How],
) -> None:
    """Try a rubric on a few samples: the prompts, the replies, what they come to and what they cost.

    Nothing is kept. Exit code 1 when a sample could not be judged.

    \b
    Example:
      evergauge rubric try helpfulness samples.jsonl --url http://127.0.0.1:11434/v1 --model llama3.1
    """
    place: Place = ctx.obj
    settings = place.settings()
    samples = read_samples(settings, file, app, limit, **how)
    if dry and not (url or endpoints or settings.endpoints):
        url = "http://127.0.0.1:1/v1"  # nobody is asked
    grade, panel = build_trial(settings, name, endpoints, url, model)
    prompts = [_asked(panel, sample, grade) for sample in samples]
    opinions = [] if dry else asyncio.run(judged(grade, panel, samples))
    if as_json:
        print_json(
            {"prompts": [[_prompt(call) for call in one] for one in prompts], "opinions": [*map(_plain, opinions)]}
        )
    else:
        for sample, asked, opinion in itertools.zip_longest(samples, prompts, opinions):
            _show(sample, asked, opinion)
        if opinions:
            cost, tokens = sum(o.cost for o in opinions), sum(o.tokens_in + o.tokens_out for o in opinions)
            console.print(f"{len(opinions)} samples, {tokens:,} tokens, cost {cost:.6f}")
            _show_overall(panel, opinions)
    ctx.exit(FINDINGS if any(opinion.value is None for opinion in opinions) else GOOD)


def read_samples(settings: Settings, file: str, app: str, limit: int | None, **how: Unpack[How]) -> list[Sample]:
    """The first samples of a file.

    Raises:
        Refused: there are none.
    """
    defaults = Defaults(app=app or "trial", tags=frozenset(settings.samples.tags))
    with opened(file) as source:
        taken = take(source, settings, **how)
        every = (
            one
            for record in taken.records
            for one in decode(record, taken.formats[taken.name], defaults=defaults, limits=Limits())
            if isinstance(one, Sample)
        )
        samples = list(itertools.islice(every, limit))
    if not samples:
        raise Refused(f"{file} holds no sample")
    return samples


async def judged(grade: Grade, panel: Panel, samples: Sequence[Sample]) -> list[Opinion]:
    """Each sample's opinion, in order."""
    try:
        return list(await asyncio.gather(*(grade.judge(sample, panel) for sample in samples)))
    finally:
        for seat in panel.seats:
            await seat.endpoint.judge.close()


def _asked(panel: Panel, sample: Sample, grade: Grade) -> list[Call]:
    try:
        return calls(panel.rubric, sample, panel.seats[0].form, grade.nonce)
    except Unjudged:
        return []


def _prompt(call: Call) -> dict[str, object]:
    return {"part": call.part, "messages": [{"role": s.role, "content": s.text} for s in call.question.messages]}


_SHOWN = (
    "sample", "value", "passed", "label", "why", "missing", "flags", "version", "endpoint", "tokens_in", "tokens_out",
)  # fmt: skip


def _plain(opinion: Opinion) -> dict[str, object]:
    return {
        **{name: getattr(opinion, name) for name in _SHOWN},
        "cost": opinion.cost,
        "seconds": round(opinion.seconds, 3),
        "points": [{"name": p.name, "value": p.value, "points": p.points, "why": p.why} for p in opinion.points],
    }


def _show_overall(panel: Panel, opinions: Sequence[Opinion]) -> None:
    """Criteria with points are summed up as HealthBench does: over all, and by tag."""
    if not isinstance(panel.rubric, Criteria):
        return
    whole = overall(opinion.value for opinion in opinions)
    if whole.value is not None:
        console.print(f"score {whole.value:.3f} ± {whole.standard_error:.3f} (standard error), n = {whole.n}")
    by_tag: defaultdict[str, list[float]] = defaultdict(list)
    for opinion in opinions:
        for tag, value in scores_by_tag(opinion.points).items():
            by_tag[tag].append(value)
    rows = [
        (tag, f"{one.value:.3f}", f"{one.standard_error:.3f}", f"{one.n}")
        for tag, values in sorted(by_tag.items())
        for one in [overall(values)]
    ]
    if rows:
        console.print(
            table("", ("tag", "score", "standard error", "n"), rows, numbers=("score", "standard error", "n"))
        )


def _show(sample: Sample, asked: Sequence[Call], opinion: Opinion | None) -> None:
    console.rule(printable(f"{sample.app} {sample.id}"), align="left")
    for call in asked:
        for said in call.question.messages:
            console.print(Text(f"{said.role} ({call.part})", "bold"))
            console.print(Text(printable(said.text)), soft_wrap=True)
    if opinion is None:
        return
    style = {True: "green", False: "red", None: "yellow"}[opinion.passed]
    value = "none" if opinion.value is None else f"{opinion.value:.2f}"
    console.print(Text.assemble((f"{value} {opinion.label}", style), f"  {printable(opinion.why)}"), soft_wrap=True)
    flags = f", {', '.join(opinion.flags)}" if opinion.flags else ""
    cost = f"{opinion.tokens_in + opinion.tokens_out:,} tokens, cost {opinion.cost:.6f}, {opinion.seconds:.2f} s{flags}"
    console.print(Text(cost, "dim"))


def _kind(rubric: Rubric) -> str:
    return str(type(rubric).__struct_config__.tag)


COMMANDS = (rubric,)
