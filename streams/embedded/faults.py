"""What goes wrong between a client and a judge: refusals, bodies that are no completion, and spoilt completions."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import msgspec
from aiohttp import web

_HUGE = 100 * 1024 * 1024
_DRIP = 0.05
"""Seconds between two bytes of a body that never ends."""
_SORRY = "I'm sorry, I can't help with that."


class _Refusal(NamedTuple):
    status: int
    message: str
    type: str = "invalid_request_error"
    code: str | None = None


REFUSALS = {
    "rate_limited": _Refusal(429, "Rate limit reached for requests", "requests", "rate_limit_exceeded"),
    "out_of_quota": _Refusal(429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
    "unauthorised": _Refusal(401, "Incorrect API key provided.", code="invalid_api_key"),
    "too_long": _Refusal(400, "This model's maximum context length is 8192 tokens.", code="context_length_exceeded"),
    "server_error": _Refusal(500, "The server had an error while processing your request.", "server_error"),
    "overloaded": _Refusal(503, "The engine is currently overloaded, please try again later.", "server_error"),
    "error_as_200": _Refusal(200, "Provider returned error", "server_error", "provider_error"),
    "unknown_model": _Refusal(404, "The model does not exist or you do not have access to it.", code="model_not_found"),
    "invalid_request": _Refusal(400, "We could not parse the request."),
    "no_such_path": _Refusal(404, "Invalid URL.", code="unknown_url"),
}


class Refused(Exception):
    """The call gets one of the refusals for an answer."""

    def __init__(self, kind: str, wait: float | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.wait = wait


def as_json(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A value as a response."""
    return web.Response(body=msgspec.json.encode(body), status=status, headers=headers, content_type="application/json")


def refusal(refused: Refused) -> web.Response:
    """What the client gets to see."""
    status, message, kind, code = REFUSALS[refused.kind]
    headers: dict[str, str] = {}
    if refused.wait is not None:
        headers = {"Retry-After": str(math.ceil(refused.wait)), "retry-after-ms": str(math.ceil(refused.wait * 1e3))}
    return as_json({"error": {"message": message, "type": kind, "param": None, "code": code}}, status, headers)


def spoilt(text: str, fault: str | None) -> tuple[str | None, str]:
    """What is left of a text after a fault, and the finish reason."""
    match fault:
        case "bad_json":
            return text.replace('"', "'"), "stop"
        case "truncated":
            return text[: len(text) * 2 // 3], "length"
        case "fenced":
            return f"Here is my verdict:\n\n```json\n{text}\n```\nTell me if you need more.", "stop"
        case "thinking":
            return f'<think>\nWould {{"verdict": "unsure"}} do? No.\n</think>\n\n{text}', "stop"
        case "wrong_shape":
            return '{"result": {"opinion": "fine"}}', "stop"
        case "refused":
            return _SORRY, "stop"
        case "filtered":
            return "", "content_filter"
        case "empty":
            return None, "stop"
        case _:
            return text, "stop"


async def _hang(request: web.BaseRequest) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


async def _disconnect(request: web.BaseRequest) -> web.StreamResponse:
    response = await _begun(request, length=1000)
    await response.write(b'{"id": "chatcmpl-1", "object": "chat.compl')
    if request.transport:
        request.transport.close()
    return response


async def _html(request: web.BaseRequest) -> web.StreamResponse:
    page = "<!DOCTYPE html><html><body><h1>We'll be right back</h1></body></html>"
    return web.Response(text=page, content_type="text/html")


async def _endless(request: web.BaseRequest) -> web.StreamResponse:
    response = await _begun(request)
    with contextlib.suppress(ConnectionResetError):
        while True:
            await response.write(b" ")
            await asyncio.sleep(_DRIP)
    return response


async def _huge(request: web.BaseRequest) -> web.StreamResponse:
    response, chunk = await _begun(request, length=_HUGE), b" " * 65_536
    with contextlib.suppress(ConnectionResetError):
        for _ in range(_HUGE // len(chunk)):
            await response.write(chunk)
    return response


async def _begun(request: web.BaseRequest, length: int | None = None) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = "application/json"
    response.content_length = length
    await response.prepare(request)
    return response


BODIES: Mapping[str, Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]] = {
    "hang": _hang,
    "disconnect": _disconnect,
    "html": _html,
    "endless": _endless,
    "huge": _huge,
}
