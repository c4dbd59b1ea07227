"""Runs programs through bubblewrap: no network, no files, nobody else's processes, little time and memory."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from monitor.errors import Unsafe
from monitor.model import Program, Ran

_MOST_OUTPUT = 1 << 20
_NOBODIES = 64_000
"""As root each slot is a user of its own: limits on processes are counted by user."""


def _resource(name: str) -> str:
    return files(__package__ or __name__).joinpath(name).read_text(encoding="utf-8")


@dataclass(slots=True)
class Bubblewrap:
    """One program at a time and slot, each behind a wall of its own."""

    megabytes: int = 512
    processes: int = 48
    at_once: int = field(default_factory=lambda: max(os.cpu_count() or 1, 1))
    _slots: "asyncio.Queue[int] | None" = None
    _why_not: str | None = None
    """Why this machine cannot isolate; empty when it can, None when nobody has tried."""

    async def run(self, program: Program, /, *, within: float) -> Ran:
        """Run it, for at most so many seconds.

        Raises:
            Unsafe: it was not run, because it could not be isolated.
        """
        if self._slots is None:
            self._slots = asyncio.Queue()
            for number in range(self.at_once):
                self._slots.put_nowait(number)
        slot = await self._slots.get()
        try:
            await self._make_sure(slot)
            if program.language == "javascript" and not _node():
                raise Unsafe("there is no node to run JavaScript with")
            return await self._run(program, within, slot)
        finally:
            self._slots.put_nowait(slot)

    async def close(self) -> None:
        """Nothing runs on between two programs."""

    async def _make_sure(self, slot: int) -> None:
        if self._why_not is None:
            self._why_not = await self._try(slot)
        if self._why_not:
            raise Unsafe(self._why_not)

    async def _try(self, slot: int) -> str:
        if not _python():
            return f"no unprivileged user may read {sys.base_prefix}, and there is no /usr/bin/python3"
        if not shutil.which("bwrap"):
            return "bubblewrap is not installed (the package is called bubblewrap)"
        if os.geteuid() == 0 and not shutil.which("setpriv"):
            return "setpriv, which gives root's rights up, is not installed (the package is called util-linux)"
        ran = await self._run(Program("python", "def f():\n    return 1\n", ("[]",)), 20.0, slot)
        return "" if ran.status == "done" and ran.output else f"bubblewrap cannot isolate here: {ran.error[-200:]}"

    async def _run(self, program: Program, within: float, slot: int) -> Ran:
        read, write = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command(slot),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
                pass_fds=(write,), env={"PATH": "/usr/bin:/bin"}, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            os.close(read)
            raise Unsafe(f"bubblewrap does not start: {error}") from error
        finally:
            os.close(write)
        reading = asyncio.create_task(_read(read))
        try:
            async with asyncio.timeout(within):
                error = await self._fed(process, program, write, within)
                output = await reading
        except TimeoutError:
            return Ran("timeout")
        finally:
            await _end(process)
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
        if process.returncode == 0:
            return Ran("done", output, error)
        return Ran("killed" if (process.returncode or 0) > 128 else "failed", output, error)

    async def _fed(self, process: asyncio.subprocess.Process, program: Program, channel: int, within: float) -> str:
        assert process.stdin is not None
        assert process.stderr is not None
        said = {
            "channel": channel,
            "language": program.language,
            "source": program.source,
            "calls": program.calls,
            "megabytes": self.megabytes,
            "cpu_seconds": int(within) + 1,
            "processes": self.processes,
            "node": _node(),
            "javascript": _RUNNER_JS,
        }
        with contextlib.suppress(ConnectionError):
            process.stdin.write(json.dumps(said).encode())
            await process.stdin.drain()
            process.stdin.close()
        error = await _up_to(process.stderr, _MOST_OUTPUT)
        if len(error) >= _MOST_OUTPUT:
            process.kill()
        await process.wait()
        return error[-2000:].decode(errors="replace")

    def _command(self, slot: int) -> list[str]:
        command: list[str] = []
        if os.geteuid() == 0:
            command += [
                shutil.which("setpriv") or "setpriv",
                f"--reuid={_NOBODIES + slot}",
                f"--regid={_NOBODIES + slot}",
                "--clear-groups",
                "--no-new-privs",
            ]
        command += [shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
        command += ["--cap-drop", "ALL", "--clearenv"]
        for place in ("/usr", "/lib", "/lib64", "/bin", "/etc/alternatives"):
            if Path(place).is_symlink():
                command += ["--symlink", os.readlink(place), place]
            elif Path(place).exists():
                command += ["--ro-bind", place, place]
        for program in filter(None, (_python(), _node())):
            place = str(Path(program).parent.parent)
            if place != "/usr":
                command += ["--ro-bind", place, place]
        command += ["--proc", "/proc", "--dev", "/dev", "--size", str(32 << 20), "--tmpfs", "/tmp", "--chdir", "/tmp"]
        return [*command, "--", _python(), "-I", "-S", "-c", _RUNNER]


_RUNNER = _resource("runner.py")
_RUNNER_JS = _resource("runner.js")


@cache
def _python() -> str:
    """The interpreter inside: ours, unless nobody may read where it lies, as below a home directory; then Debian's."""
    ours = Path(sys.base_prefix).resolve() / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if _open_to_nobody(ours):
        return str(ours)
    debians = Path("/usr/bin/python3")
    return str(debians) if debians.exists() else ""


def _node() -> str:
    found = shutil.which("node")
    path = Path(found).resolve() if found else None
    return str(path) if path and _open_to_nobody(path) else ""


def _open_to_nobody(path: Path) -> bool:
    """Whether an unprivileged user may go there: as root we give our rights up first."""
    return os.geteuid() != 0 or all(place.stat().st_mode & 0o001 for place in (path, *path.parents))


async def _read(descriptor: int) -> bytes:
    """Everything from a pipe, up to a limit; what comes after is read by nobody."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    try:
        return await _up_to(reader, _MOST_OUTPUT)
    finally:
        transport.close()


async def _up_to(reader: asyncio.StreamReader, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while size < most and (piece := await reader.read(65_536)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        await process.wait()
