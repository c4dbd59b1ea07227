"""Who asks, over HTTP: log in and out, tokens, and oneself."""

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from . import items, users
from .asking import KNOWN, At, Reviewer, add_refusals, address, problems
from .auth import TOKEN_SECONDS, Denied
from .parts import Console
from .shapes import Credentials, Me, Token

router = APIRouter(prefix="/api")


@router.post("/login", responses=problems(401, 403, 413, 422, 429))
async def login(said: Credentials, request: Request, response: Response, console: At) -> Me:
    """Begin a session: a cookie, and a token to send along with whatever changes something."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Denied("csrf", "log in from a page of ours", status=403)
    user = await console.auth.log_in(said.name, said.password, address=address(request))
    return Me.of(user, console.auth.sign_in(response, user))


@router.post("/logout", status_code=204, responses=problems(401, 403), dependencies=KNOWN)
async def logout(_: Reviewer, request: Request, response: Response, console: At) -> None:
    """End the session."""
    console.auth.sign_out(request, response)


@router.post("/token", responses=problems(401, 413, 422, 429))
async def token(said: Credentials, request: Request, console: At) -> Token:
    """A token for a script, by name and password; it ends after an hour, or when the user is changed."""
    user = await console.auth.log_in(said.name, said.password, address=address(request))
    return Token(token=console.auth.token(user), expires_in=TOKEN_SECONDS)


@router.get("/me", responses=problems(401), dependencies=KNOWN)
async def me(user: Reviewer, request: Request, console: At) -> Me:
    """Whoever asks."""
    by_token = bool(request.headers.get("authorization"))
    return Me.of(user, "" if by_token else console.auth.csrf(request))


def add_api(app: FastAPI, console: Console) -> None:
    """Put the API under an application."""
    app.state.console = console
    add_refusals(app)
    for part in (router, items.router, users.router):
        app.include_router(part)
    app.router.routes.append(Route("/api/{rest:path}", _Nothing(list(app.router.routes)), include_in_schema=False))


class _Nothing:
    """What is not there below /api: the pages would answer otherwise, which know all other paths."""

    def __init__(self, routes: list[BaseRoute]) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        here = {"type": "http", "path": scope["path"], "root_path": scope["root_path"], "headers": scope["headers"]}
        known = [one for one in _METHODS if any(_takes(route, here | {"method": one}) for route in self._routes)]
        if known:
            raise HTTPException(405, "there is no such method here", headers={"Allow": ", ".join(known)})
        raise HTTPException(404, "there is nothing here")


_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


def _takes(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL
