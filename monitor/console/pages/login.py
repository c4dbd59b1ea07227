"""The page to log in at: plain HTML, which needs no script."""

from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from monitor.console.auth import Denied, local_path, login_path
from monitor.console.parts import Console
from monitor.errors import Unavailable

from .rendering import visible
from .review import PATH, signed_in
from .shell import fonts, head

_LARGEST = 16_384
"""Bytes of a form."""
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Log in · Evergauge</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">{fonts}{head}</head><body class="login"><main>'
    '<h1 class="brand">Evergauge</h1><form method="post" action="{action}">'
    '<label for="name">Name</label>'
    '<input id="name" name="name" value="{name}" autocomplete="username" required autofocus maxlength="200">'
    '<label for="password">Password</label>'
    '<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024">'
    '<p class="problem" role="alert">{problem}</p><button class="main">Log in</button></form></main></body></html>'
)


def add_login(app: FastAPI, console: Console) -> None:
    """Log in and out."""

    @app.get("/login", include_in_schema=False)
    async def login(request: Request, next: str = "/") -> Response:
        if await signed_in(console, request):
            return RedirectResponse(_onward(next), 303)
        return _page(next)

    @app.post("/login", include_in_schema=False)
    async def log_in(request: Request, next: str = "/") -> Response:
        said = await _form(request)
        name, password = said.get("name", ""), said.get("password", "")
        if not _from_here(request):
            return _page(next, name, "That came from another page. Please try again.", 403)
        address = request.client.host if request.client else ""
        try:
            user = await console.auth.log_in(name, password, address=address)
        except Denied as denied:
            return _page(next, name, f"{str(denied).capitalize()}.", denied.status, denied.retry_after)
        except Unavailable:
            return _page(next, name, "The store does not answer. Please try again in a moment.", 503)
        response = RedirectResponse(_onward(next), 303)
        console.auth.sign_in(response, user)
        return response

    @app.post("/logout", include_in_schema=False)
    async def log_out(request: Request) -> Response:
        response = RedirectResponse("/login", 303)
        if _from_here(request):
            console.auth.sign_out(request, response)
        return response


def _page(
    onward: str, name: str = "", problem: str = "", status: int = 200, retry_after: float | None = None
) -> HTMLResponse:
    html = _PAGE.format(fonts=fonts(), head=head(), action=login_path(onward), name=visible(name), problem=problem)
    headers = {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}
    if retry_after is not None:
        headers["Retry-After"] = str(int(retry_after) + 1)
    return HTMLResponse(html, status, headers)


def _onward(path: str) -> str:
    path = local_path(path)
    return PATH if path == "/" else path


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST:
            return {}
    return {key: values[0] for key, values in parse_qs(body.decode(errors="replace")).items()}


def _from_here(request: Request) -> bool:
    """Whether a form was sent from a page of ours: nobody is to be logged in as somebody else unawares."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
