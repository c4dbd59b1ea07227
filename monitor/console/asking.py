"""Who asks: what endpoints depend on, and what every refusal looks like."""

import math
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from monitor.errors import Unavailable
from monitor.model import Role, User
from monitor.reviews import InvalidAnswers, Refused

from .auth import SESSION, Denied
from .parts import Console
from .shapes import Problem
from .shell import TooLarge

_STATUS = {"unknown": 404, "erased": 410}
_WORDS = {404: "not_found", 405: "method", 413: "too_large", 400: "unreadable"}
_RETRY = 2.0

_SCHEMES = [
    Depends(HTTPBearer(auto_error=False, description="A token from POST /api/token.")),
    Depends(APIKeyCookie(name=SESSION, auto_error=False, description="A session; changes need X-CSRF-Token too.")),
]


def _console(request: Request) -> Console:
    return request.app.state.console


At = Annotated[Console, Depends(_console)]
"""The console that is asked."""


async def _reviewer(request: Request, console: At) -> User:
    return await console.auth.require(request)


async def _lead(request: Request, console: At) -> User:
    return await console.auth.require(request, Role.LEAD)


async def _admin(request: Request, console: At) -> User:
    return await console.auth.require(request, Role.ADMIN)


Reviewer = Annotated[User, Depends(_reviewer)]
Lead = Annotated[User, Depends(_lead)]
Admin = Annotated[User, Depends(_admin)]
KNOWN = _SCHEMES
"""Dependencies that tell the schema how people are known."""


def problems(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Refusals that an endpoint may answer with, for the schema; whatever takes a body may find it unreadable."""
    unreadable = [400] if 413 in statuses else []
    return {status: {"model": Problem} for status in (*unreadable, *statuses, 503)}


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def add_refusals(app: FastAPI) -> None:
    """Every refusal in one shape."""

    @app.exception_handler(Denied)
    async def denied(_: Request, error: Denied) -> JSONResponse:
        return _refusal(error.status, error.reason, str(error), retry_after=error.retry_after)

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        return _refusal(_STATUS.get(error.reason, 409), error.reason, str(error))

    @app.exception_handler(InvalidAnswers)
    async def invalid_answers(_: Request, error: InvalidAnswers) -> JSONResponse:
        return _refusal(422, "invalid", str(error), field=error.field)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"][1:]))
        return _refusal(422, "invalid", f"{field}: {first['msg']}" if field else str(first["msg"]), field=field)

    @app.exception_handler(Unavailable)
    async def away(_: Request, error: Unavailable) -> JSONResponse:
        message = f"{error.system} is away; the same request is safe to repeat"
        return _refusal(503, "away", message, retry_after=error.retry_after or _RETRY)

    @app.exception_handler(HTTPException)
    async def other(_: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, TooLarge):
            raise error.__cause__
        word = _WORDS.get(error.status_code, "refused")
        return _refusal(error.status_code, word, str(error.detail), headers=dict(error.headers or {}))

    for handler in (denied, refused, invalid_answers, invalid, away, other):
        assert handler


def _refusal(
    status: int,
    reason: str,
    message: str,
    *,
    field: str = "",
    retry_after: float | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    headers = headers or {}
    if retry_after is not None:
        headers["Retry-After"] = str(math.ceil(retry_after))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    problem = Problem(reason=reason, message=message.encode(errors="replace").decode(), field=field)
    return JSONResponse(problem.model_dump(), status_code=status, headers=headers)
