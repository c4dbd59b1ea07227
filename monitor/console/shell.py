"""What lies around the whole console: limits, headers, and the way to the log-in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.errors import Unavailable

from .auth import Auth, login_path

LARGEST_BODY = 1024 * 1024
LARGEST_IMPORT = 64 * 1024 * 1024
IMPORT = "/api/items/import"
_PUBLIC = ("/login", "/live", "/ready", "/api", "/hooks", "/assets", "/_nicegui", "/_nicegui_ws", "/favicon.ico")
"""What whoever is not logged in may ask for; below /api and /hooks each endpoint looks for itself."""

_PAGES = {
    # NiceGUI writes its scripts into the page, and Vue compiles templates; nothing comes from elsewhere.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_API = _PAGES | {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class TooLarge(Exception):
    """A body is larger than is taken."""


@dataclass(slots=True)
class Bounded:
    """Reads no body that is too large, whether it says so beforehand or not."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = LARGEST_IMPORT if scope["path"] == IMPORT else LARGEST_BODY
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length) > most:
            await _too_large(most)(scope, receive, send)
            return
        seen, started = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise TooLarge
            return message

        async def sent(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, sent)
        except TooLarge:
            if started:
                raise
            await _too_large(most)(scope, receive, send)


@dataclass(slots=True)
class Guarded:
    """Tells browsers what our pages may do, and leads whoever is not logged in to the log-in."""

    app: ASGIApp
    auth: Auth
    public: tuple[str, ...] = field(default=_PUBLIC)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])
        headers = _API if _below(path, "/api") else _PAGES

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message, headers)
            await send(message)

        answer = self.app if any(_below(path, one) for one in self.public) else await self._gate(scope, path)
        await answer(scope, receive, guarded)

    async def _gate(self, scope: Scope, path: str) -> ASGIApp:
        try:
            user = await self.auth.current_user(HTTPConnection(scope))
        except Unavailable as error:
            text = f"The console is starting, or its store is away ({error.system}). Try again in a moment.\n"
            return PlainTextResponse(text, status_code=503, headers={"Retry-After": "2"})
        if user:
            return self.app
        query = scope["query_string"].decode("latin-1")
        return RedirectResponse(login_path(f"{path}?{query}" if query else path), status_code=303)


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")


def _add(message: Message, headers: Mapping[str, str]) -> None:
    said = MutableHeaders(scope=message)
    for name, value in headers.items():
        said.setdefault(name, value)


def _too_large(most: int) -> JSONResponse:
    message = f"a body has at most {most} bytes here"
    return JSONResponse({"reason": "too_large", "message": message, "field": ""}, status_code=413)
