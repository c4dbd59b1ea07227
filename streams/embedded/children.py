"""Processes that we start, watch, start again and stop; none of them survives us."""

import asyncio
import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monitor.adapters.leash import die_with_parent
from monitor.errors import Unavailable

_BACK_OFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before the first, second, … start again; a child that has run for a minute begins anew."""
_SETTLED = 60.0
_LOG_BYTES = 16 * 1024 * 1024

Tell = Callable[[str], None]

_given: set[int] = set()
"""Ports that were chosen at random for somebody of ours."""


def free_port(*preferred: int) -> int:
    """The first of the preferred ports that nobody listens on, else any free one, on the loopback address."""
    for port in (*preferred, *[0] * 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found = int(probe.getsockname()[1])
                if port or found not in _given:  # the system may offer a port again before anybody listens there
                    _given.add(found)
                    return found
    raise Unavailable("machine", "no port is free on 127.0.0.1")


async def listening(port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process to keep running."""

    name: str
    command: Sequence[str]
    ready: Callable[[], Awaitable[bool]]
    """Whether it does its work already."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    stdin: str = ""
    """Secrets that must not stand in a command line."""
    start_within: float = 60.0
    stop_within: float = 20.0
    """Seconds between asking it to stop and killing it."""


@dataclass(slots=True)
class _Kept:
    child: Child
    process: subprocess.Popen[str]
    watch: asyncio.Task[None] | None = None
    restarts: int = 0


@dataclass(slots=True)
class Children:
    """Started in order, watched, and stopped in the opposite order."""

    logs: Path
    tell: Tell
    """Where news go, for people to read."""
    restarts: int = 0
    _kept: dict[str, _Kept] = field(default_factory=dict[str, _Kept])
    _stopping: bool = False

    async def start(self, child: Child) -> None:
        """Start a child and wait until it does its work; from then on it is started again when it ends.

        Raises:
            Unavailable: it ended, or was not ready in time; its log says why.
        """
        kept = self._kept[child.name] = _Kept(child, self._spawn(child))
        if not await self._ready(kept):
            tail = self.log(child.name).read_text(encoding="utf-8", errors="replace")[-600:]
            raise Unavailable(child.name, f"did not start, see {self.log(child.name)}:\n{tail}")
        kept.watch = asyncio.create_task(self._keep(kept))

    @property
    def names(self) -> frozenset[str]:
        """Everybody who is kept."""
        return frozenset(self._kept)

    def process_id(self, name: str) -> int:
        """The process that runs under this name now."""
        return self._kept[name].process.pid

    def log(self, name: str) -> Path:
        """Where a child's output goes."""
        return self.logs / f"{name}.log"

    async def stop(self) -> None:
        """Stop all, last started first; who does not listen is killed."""
        self._stopping = True
        for kept in self._kept.values():
            if kept.watch:
                kept.watch.cancel()
        for name in reversed(list(self._kept)):
            await self.end(name)

    async def end(self, name: str) -> None:
        """Stop one child for good."""
        kept = self._kept.pop(name)
        if kept.watch:
            kept.watch.cancel()
        process = kept.process
        process.terminate()
        if not await _ended(process, within=kept.child.stop_within):
            self.tell(f"{name} did not stop within {kept.child.stop_within:.0f} s and is killed")
            process.kill()
            process.wait()

    def _spawn(self, child: Child) -> subprocess.Popen[str]:
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.log(child.name)
        fresh = not log.exists() or log.stat().st_size > _LOG_BYTES
        with log.open("w" if fresh else "a", encoding="utf-8") as output:
            process = subprocess.Popen(
                list(child.command),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **child.environment},
                text=True,
                start_new_session=True,  # Ctrl-C is ours to hand on, in order
                preexec_fn=die_with_parent if sys.platform == "linux" else None,
            )
        if process.stdin:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(child.stdin)
                process.stdin.close()
        return process

    async def _ready(self, kept: _Kept) -> bool:
        deadline = time.monotonic() + kept.child.start_within
        while time.monotonic() < deadline and kept.process.poll() is None:
            if await kept.child.ready():
                return True
            await asyncio.sleep(0.05)
        return False

    async def _keep(self, kept: _Kept) -> None:
        failures = 0
        while True:
            started = time.monotonic()
            await _ended(kept.process)
            failures = 0 if time.monotonic() - started > _SETTLED else failures
            pause = _BACK_OFF[min(failures, len(_BACK_OFF) - 1)]
            failures += 1
            self.tell(f"{kept.child.name} ended with {_spoken(kept.process.returncode)}; starting again in {pause:g} s")
            await asyncio.sleep(pause)
            kept.process = self._spawn(kept.child)
            self.restarts += 1
            if await self._ready(kept):
                self.tell(f"{kept.child.name} is back")


async def _ended(process: subprocess.Popen[str], within: float = math.inf) -> bool:
    """Whether the process has ended, which is waited for."""
    deadline = time.monotonic() + within
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def _spoken(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"
