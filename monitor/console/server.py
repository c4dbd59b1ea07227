"""The console as a server, until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Generator

import uvicorn
from fastapi import FastAPI

_CLOSING = 5
"""Seconds that requests under way get when it is asked to stop; pages that stay connected get no more."""


class _Server(uvicorn.Server):
    """Signals are ours: a stop that was asked for is no failure."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        OSError: it cannot be had.
    """
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)


async def serve(app: FastAPI, listener: socket.socket) -> None:
    """Answer until asked to stop; asked twice, at once."""
    server = _Server(
        uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=_CLOSING, lifespan="on")
    )

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    await server.serve(sockets=[listener])
