"""Settings to the console."""

from fastapi import APIRouter, FastAPI

from monitor.console.app import create_console
from monitor.console.directory import Directory
from monitor.console.hooks import hooks
from monitor.errors import InvalidConfig
from monitor.ports import Meter, Opinions, ReviewQueue, ReviewTasks, ReviewTool, Users
from monitor.settings import Settings

from .collect import build_collect
from .exchange import exchange_over

_SHORTEST_KEY = 16
_CURE = "make one with `openssl rand -base64 32`, and set it as EVERGAUGE_CONSOLE__SECRET or in console.secret_file"


def build_console(
    settings: Settings,
    *,
    queue: ReviewQueue,
    users: Users,
    opinions: Opinions,
    meter: Meter,
    outside: tuple[ReviewTasks, ReviewTool] | None = None,
) -> FastAPI:
    """Assemble the console.

    Args:
        settings: what is wanted.
        queue: items and reviews.
        users: who may log in.
        opinions: where verdicts go.
        meter: where numbers go.
        outside: a tool whose calls are answered, and the book of what lies there.

    Raises:
        InvalidConfig: everything that is wrong with its key and with the rubrics at once.
    """
    problems = _problems(settings)
    directory = Directory(users)
    try:
        collect = build_collect(settings, queue=queue, opinions=opinions, leads=directory.leads, meter=meter)
    except InvalidConfig as error:
        raise InvalidConfig(problems | error.problems) from error
    if problems:
        raise InvalidConfig(problems)
    routers: list[APIRouter] = []
    if outside is not None:
        tasks, tool = outside
        exchange = exchange_over(settings, collect=collect, users=users, tasks=tasks, tool=tool, meter=meter)
        routers.append(hooks(exchange, secret=settings.label_studio.webhook_secret.get_secret_value()))
    return create_console(settings, collect=collect, users=directory, routers=routers)


def _problems(settings: Settings) -> dict[str, str]:
    key = settings.console.signing_key
    if len(key) >= _SHORTEST_KEY:
        return {}
    lacks = f"has fewer than {_SHORTEST_KEY} characters" if key else "is needed: it signs sessions"
    return {"console.secret": f"{lacks}; {_CURE}"}
