"""Settings to the first stage."""

import importlib
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from monitor.adapters.events import EVERY, VERDICT
from monitor.checks import build_scorers, checks, default_checks
from monitor.checks.parameters import suggestion
from monitor.checks.scorer import spoken
from monitor.errors import InvalidConfig
from monitor.formats import Columns, Envelope, Format, Limits, formats, lacks
from monitor.formats.columns import FIELDS
from monitor.model import RouteTo
from monitor.pipeline import Evaluate, Input, Plan
from monitor.pipeline.panel import Panel
from monitor.policy import Budget, Combined, Composite, Kind, Routing, Rule, ordered
from monitor.settings import AppSettings, CombinedSettings, Settings, VerdictSettings

from .judges import build_endpoints, build_panels
from .outside import Parts
from .pacing import pace_of, pace_of_all


def build_evaluate(settings: Settings, parts: Parts, *, budgets: bool = True) -> Evaluate:
    """Assemble the first stage.

    Args:
        settings: what is wanted.
        parts: the outside.
        budgets: whether budgets count; they pace live traffic, and a file has no pace.

    Raises:
        InvalidConfig: everything that is wrong with checks, verdicts, routes and formats at once.
    """
    problems = load_modules(settings)
    partitions = settings.kafka.partitions * len(settings.topics())
    panels: dict[str, Panel] = {}
    try:
        panels = build_panels(settings, build_endpoints(settings))
    except InvalidConfig as error:
        problems |= error.problems
    plans: dict[str, Plan] = {}
    total = pace_of_all(settings, panels)
    for path, app in _apps(settings):
        try:
            paces = (pace_of(app, settings, panels), total) if budgets else (None, None)
            plans[path] = build_plan(app, at=path, paces=paces, partitions=partitions)
        except InvalidConfig as error:
            problems |= error.problems
    known = all_formats(settings, problems)
    for position, entry in enumerate(settings.inputs):
        if entry.format not in known:
            problems[f"inputs.{position}.format"] = f"no such format{suggestion(entry.format, known)}"
    problems |= dict(_unfed(settings, known))
    problems |= dict(_untold(settings, plans))
    if problems:
        raise InvalidConfig(problems)
    return Evaluate(
        plans={name: plans[f"apps.{name}"] for name in settings.apps},
        default=plans["default"],
        formats=known,
        inputs={
            entry.topic: Input(format=entry.format, app=entry.app, first_place=number * settings.kafka.partitions)
            for number, entry in enumerate(settings.topics())
        },
        limits=Limits(record_bytes=settings.limits.record_bytes, samples=settings.limits.samples),
        tags=frozenset(settings.samples.tags),
        sink=parts.sink,
        bus=parts.bus,
        archive=parts.archive,
        isolation=parts.isolation,
        sandbox=parts.sandbox,
        meter=parts.meter,
    )


def build_plan(app: AppSettings, *, at: str, paces: tuple[int | None, int | None], partitions: int) -> Plan:
    """What is done for one application.

    Args:
        app: its settings.
        at: their path, for messages.
        paces: judgements an hour, of the application and of all together; None for no limit.
        partitions: of all inputs together, which share the budgets.

    Raises:
        InvalidConfig: an unknown check or parameter, or a weight, gate or rule about a check that does not run.
    """
    wanted = _wanted(app)
    problems: dict[str, str] = {}
    combined: tuple[Combined, ...] = ()
    try:
        combined = ordered(_combined(name, one) for name, one in app.combined.items())
    except ValueError as error:
        problems[f"{at}.combined"] = f"goes round in circles: {error}"
    try:
        scorers = build_scorers(wanted, at=f"{at}.checks")
    except InvalidConfig as error:
        problems, scorers = problems | error.problems, ()
    problems |= dict(_dangling(app, wanted, at))
    if problems:
        raise InvalidConfig(problems)
    verdict, routing = app.verdict, app.routing
    named = {*wanted, *app.combined}
    parts = {part: 0.0 for one in combined for part in one.weights}  # they count through what they are part of
    own, total = (None if pace is None else Budget(per_hour=pace, partitions=partitions) for pace in paces)
    return Plan(
        scorers=scorers,
        combined=combined,
        composite=Composite(
            weights=parts | _weights(verdict, parts, named),
            gates=frozenset(verdict.gates) & named,
            fail_below=verdict.fail_below,
            pass_from=verdict.pass_from,
        ),
        router=Routing(
            share=routing.share,
            rules=tuple(Rule(**rule.model_dump(exclude={"to"}), to=RouteTo(rule.to)) for rule in routing.rules),
            budget=own,
            total=total,
            salt=routing.salt,
        ),
    )


def all_formats(settings: Settings, problems: dict[str, str]) -> dict[str, Format | Envelope]:
    """The registered formats and those that the settings make; what is wrong with these goes into ``problems``."""
    known = dict(formats)
    for name, said in settings.formats.items():
        if name in formats:
            problems[f"formats.{name}"] = "a format has this name; choose another"
        for field in said.columns:
            if field not in FIELDS:
                problems[f"formats.{name}.columns.{field}"] = f"a sample has no such field{suggestion(field, FIELDS)}"
        known[name] = Columns(said.columns)
    return known


def load_modules(settings: Settings) -> dict[str, str]:
    """Import people's checks and formats, from modules that the settings name and from entry points.

    Returns:
        What cannot be imported and why, by the path of the setting.
    """
    problems: dict[str, str] = {}
    for registry in (checks, formats):
        try:
            registry.load_entry_points()
        except InvalidConfig as error:
            problems |= error.problems
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # a check of one's own lies beside the settings, as a rule
    for position, module in enumerate(settings.checks.modules):
        try:
            importlib.import_module(module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  importing a person's module may raise anything, SystemExit too
            problems[f"checks.modules.{position}"] = f"{module} cannot be imported: {spoken(error)}"
    return problems


def _unfed(settings: Settings, known: Mapping[str, Format | Envelope]) -> Iterator[tuple[str, str]]:
    """Checks that were turned on for an application of which no input can give what they need."""
    for path, app in _apps(settings):
        name = path.removeprefix("apps.")
        mine = [one for one in settings.topics() if path == "default" or one.app in {"", name}]
        lacking = [lacks(known[one.format]) for one in mine if one.format in known]
        never = frozenset[str].intersection(*lacking) if lacking else frozenset[str]()
        for check, parameters in app.checks.items():
            if parameters is not False and check in checks and checks[check].needs in never:
                formats_ = ", ".join(sorted({one.format for one in mine}))
                why = f"needs {checks[check].needs}, which no input of this application can give ({formats_})"
                yield f"{path}.checks.{check}", why


def _untold(settings: Settings, plans: Mapping[str, Plan]) -> Iterator[tuple[str, str]]:
    """Scores that a collector should be told of and that nobody gives."""
    named = {scorer.name for plan in plans.values() for scorer in plan.scorers}
    named |= {combined.name for plan in plans.values() for combined in plan.combined}
    for name in settings.events.scores:
        if name not in {VERDICT, EVERY, *named}:
            yield "events.scores", f"{name}: no such check runs{suggestion(name, {VERDICT, *named})}"


def _apps(settings: Settings) -> Iterator[tuple[str, AppSettings]]:
    yield "default", settings.default
    for name, app in settings.apps.items():
        yield f"apps.{name}", app


def _wanted(app: AppSettings) -> dict[str, Mapping[str, object]]:
    """The default checks, and what the settings add, change and take away."""
    wanted = default_checks()
    for name, parameters in app.checks.items():
        if parameters is False:
            wanted.pop(name, None)
        else:
            wanted[name] = {} if parameters is True else parameters
    return wanted


def _weights(verdict: VerdictSettings, parts: Collection[str], named: Collection[str]) -> dict[str, float]:
    """The weights that are set; the default ones do not speak of checks that are part of something."""
    said = "weights" in verdict.model_fields_set
    return {name: weight for name, weight in verdict.weights.items() if name in named and (said or name not in parts)}


def _combined(name: str, said: CombinedSettings) -> Combined:
    return Combined(
        name=name,
        kind=Kind(said.kind),
        weights={part: said.weights.get(part, 1.0) for part in said.of},
        passes_from=said.passes_from,
        needs_all=said.needs_all,
    )


def _dangling(app: AppSettings, wanted: Mapping[str, object], at: str) -> Iterator[tuple[str, str]]:
    """What is said of checks that do not run, except by the defaults, which speak of the default checks."""
    running = {*wanted, *app.combined}
    known = {*running, *default_checks()}
    yield from _dangling_parts(app, running, at)
    for name in app.verdict.weights:
        if name not in known:
            yield f"{at}.verdict.weights.{name}", f"no such check runs{suggestion(name, wanted)}"
    for name in app.verdict.gates:
        if name not in known:
            yield f"{at}.verdict.gates", f"{name}: no such check runs{suggestion(name, wanted)}"
    for position, rule in enumerate(app.routing.rules):
        if rule.check != "verdict" and rule.check not in running:
            yield f"{at}.routing.rules.{position}.check", f"no such check runs{suggestion(rule.check, running)}"
    if not any(app.verdict.weights.get(name, 1.0) > 0 for name in running):
        yield f"{at}.checks", "no check with a weight is left, so nothing could decide a verdict"


def _dangling_parts(app: AppSettings, running: Collection[str], at: str) -> Iterator[tuple[str, str]]:
    for name, one in app.combined.items():
        if name in checks:
            yield f"{at}.combined.{name}", "a check has this name; choose another"
        for part in one.of:
            if part not in running:
                yield f"{at}.combined.{name}.of", f"{part}: no such check runs{suggestion(part, running)}"
