"""What another tool calls when something happens there: it is only ever told to look, and never believed."""

import hmac
from collections.abc import Awaitable, Callable

import msgspec

from monitor.reviews import Refused

from .exchange import Exchange
from .exchanged import Found

SECRET_HEADER = "X-Evergauge-Secret"
Look = Callable[[], Awaitable[Found]]


class _Thing(msgspec.Struct):
    id: int


class _Called(msgspec.Struct):
    """What we look at of a call; where the task is not told, the whole project is looked at."""

    project: _Thing
    task: _Thing | None = None


def handle(exchange: Exchange, body: bytes, given: str, *, secret: str) -> Look:
    """What is to be done about a call, once it has been answered: the caller does not wait for us.

    Args:
        exchange: who looks.
        body: what the tool says happened; it only tells where to look.
        given: the secret that came with it.
        secret: ours; without one nobody is let in.

    Raises:
        Refused: ``forbidden``: it is not who it should be; ``unreadable``: it is no call of Label Studio.
    """
    if not secret or not hmac.compare_digest(given.encode(errors="replace"), secret.encode()):
        raise Refused("forbidden", "the secret is wrong: it should be label_studio.webhook_secret")
    try:
        called = msgspec.json.decode(body, type=_Called)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("unreadable", f"is no call of Label Studio: {error}") from error
    project, task = str(called.project.id), str(called.task.id) if called.task else ""
    return lambda: exchange.look(project, task)
