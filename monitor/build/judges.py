"""Settings to judges: rubrics from their files, endpoints, and who judges by what."""

import json
import time
from collections.abc import Callable, Mapping
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path

from monitor.adapters.chat import ChatAddress, ChatJudge
from monitor.errors import InvalidConfig
from monitor.judges import (
    PROMPT_VERSION,
    Checklist,
    Criteria,
    Form,
    Grade,
    Pairwise,
    Reconcile,
    Rubric,
    read_rubric,
    version,
)
from monitor.model import Expense
from monitor.pipeline.endpoint import Endpoint, Manner
from monitor.pipeline.panel import Panel, Seat
from monitor.policy import Breaker, Limits, Price
from monitor.ports import Judge
from monitor.settings import AppSettings, BudgetSettings, EndpointSettings, JudgeSettings, Settings

SHIPPED = files("monitor.judges").joinpath("rubrics")


def shipped_rubrics() -> list[str]:
    """Names of the rubrics that come with the package."""
    return sorted(file.name.removesuffix(".yaml") for file in SHIPPED.iterdir() if file.name.endswith(".yaml"))


def load_rubric(name: str) -> Rubric:
    """A rubric that is shipped, by its name, or one from a file.

    Raises:
        InvalidConfig: there is no such rubric, or everything that is wrong with it.
    """
    if name in shipped_rubrics():
        return read_rubric(SHIPPED.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), at=name)
    file = Path(name)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        known = ", ".join(shipped_rubrics())
        raise InvalidConfig({name: f"there is no such file, and no such rubric among {known}"}) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig({name: f"cannot be read: {error}"}) from error
    return read_rubric(text, at=name)


_OF_SAMPLE = 10
"""Criteria that a sample may bring along, as HealthBench has on average."""
_FREE = Price(question=0.0, reply=0.0)


def build_judge(settings: EndpointSettings) -> ChatJudge:
    """The door to one endpoint."""
    return ChatJudge(
        ChatAddress(
            url=settings.url,
            model=settings.model,
            key=settings.secret,
            headers={name: value.get_secret_value() for name, value in settings.headers.items()},
            timeout=settings.timeout,
            structured=settings.structured,
            temperature=None if settings.temperature == "default" else settings.temperature,
            seed=None if settings.seed == "none" else settings.seed,
            token_limit=settings.token_limit,
            longest_explanation=settings.longest_explanation,
            ca_file=settings.ca_file,
        )
    )


def build_endpoints(
    settings: Settings, judge_of: Callable[[EndpointSettings], Judge] = build_judge
) -> dict[str, Endpoint]:
    """Every endpoint, by name; nothing is connected yet."""
    return {name: _endpoint(name, said, settings, judge_of(said)) for name, said in settings.endpoints.items()}


def build_panels(settings: Settings, endpoints: Mapping[str, Endpoint]) -> dict[str, Panel]:
    """Every judge, by name.

    Raises:
        InvalidConfig: everything that is wrong with the rubrics at once.
    """
    panels: dict[str, Panel] = {}
    problems: dict[str, str] = {}
    for name, said in settings.judges.items():
        try:
            rubric = load_rubric(said.rubric)
        except InvalidConfig as error:
            problems |= {f"judges.{name}.rubric: {path}": problem for path, problem in error.problems.items()}
            continue
        panels[name] = _panel(name, said, rubric, settings, endpoints)
    if problems:
        raise InvalidConfig(problems)
    return panels


def _endpoint(name: str, said: EndpointSettings, settings: Settings, judge: Judge) -> Endpoint:
    price = settings.prices.get(said.model)
    manner = Manner(
        name=name,
        model=said.model,
        attempts=said.attempts,
        patience=said.patience,
        concurrency=said.concurrency,
        requests_per_minute=said.requests_per_minute,
        tokens_per_minute=said.tokens_per_minute,
        breaker=Breaker(failures=said.breaker_failures, pause=said.breaker_pause),
        price=Price(question=price.question, reply=price.reply) if price else _FREE,
    )
    return Endpoint(manner, judge, time.monotonic)


def _panel(
    name: str, said: JudgeSettings, rubric: Rubric, settings: Settings, endpoints: Mapping[str, Endpoint]
) -> Panel:
    return Panel(
        name=name,
        rubric=rubric,
        seats=tuple(_seat(one, rubric, settings, endpoints) for one in said.endpoints),
        reconcile=Reconcile(said.reconcile),
        passes_from=said.passes_from,
    )


def _seat(name: str, rubric: Rubric, settings: Settings, endpoints: Mapping[str, Endpoint]) -> Seat:
    said = settings.endpoints[name]
    form = Form(version=_version(said, rubric), window=said.context_tokens, longest_reply=said.longest_reply)
    fallback = _seat(said.fallback, rubric, settings, endpoints) if said.fallback else None
    return Seat(endpoint=endpoints[name], form=form, fallback=fallback)


def _version(said: EndpointSettings, rubric: Rubric) -> str:
    """Everything that can change a judge's mind: model, rubric, wording, parameters; not where it is reached."""
    parts = (
        said.model, version(rubric), PROMPT_VERSION, said.structured, said.temperature, said.seed, said.context_tokens,
        said.longest_reply, *([said.longest_explanation] if said.longest_explanation else []),
    )  # fmt: skip
    return blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


def calls_for(panel: Panel) -> int:
    """Calls that a sample takes at a judge, as far as its rubric says."""
    rubric = panel.rubric
    match rubric:
        case Criteria(batch=False, of_sample=True):
            count = _OF_SAMPLE
        case Criteria(batch=False, criteria=criteria):
            count = len(criteria)
        case Pairwise():
            count = 2
        case Grade() | Checklist() | Criteria():
            count = 1
    return count * len(panel.seats)


def expected_expense(app: AppSettings, settings: Settings, panels: Mapping[str, Panel]) -> Expense:
    """What a sample of an application is expected to cost at its judges."""
    tokens = settings.judging.tokens_expected
    total = Expense()
    for panel in (panels[name] for name in app.judges if name in panels):
        price = panel.seats[0].endpoint.manner.price
        total += Expense(1, tokens, price.of(tokens * 9 // 10, tokens // 10)) * calls_for(panel)
    return total


def spending_limits(budget: BudgetSettings) -> Limits:
    """A budget as a limit on what is spent."""
    return Limits(**budget.model_dump())
