"""A process of its own for checks that may never come back: it is stopped when one takes too long.

Run as ``python -m monitor.adapters.isolation MODULE…`` it is that process: it reads requests from its standard input
and writes answers to its standard output, each as a length and a pickle. Both ends are our own code.
"""

import asyncio
import contextlib
import importlib
import os
import pickle
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.adapters.leash import die_with_parent
from monitor.checks import Finding, checks
from monitor.checks.scorer import spoken
from monitor.model import Sample

_LENGTH = struct.Struct("<I")


@dataclass(slots=True)
class Subprocess:
    """Runs checks one after the other in a child process, which is replaced after a time-out."""

    modules: Sequence[str] = ()
    """Where people's checks are defined."""
    start_within: float = 30.0
    """Seconds that importing them may take."""
    _child: asyncio.subprocess.Process | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, check: str, sample: Sample, /, *, within: float) -> object:
        async with self._turn:
            child = await self._started()
            try:
                async with asyncio.timeout(within):
                    verdict, answer = await _ask(child, (checks[check].module, check, sample))
            except (TimeoutError, asyncio.CancelledError):
                await self.close()  # its answer would be taken for the next one's
                raise
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                await self.close()
                raise RuntimeError("took its process down") from error
        if verdict == "raised":
            raise RuntimeError(str(answer))
        return answer

    async def close(self) -> None:
        """Stop the child, however busy it is."""
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._child is None or self._child.returncode is not None:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "monitor.adapters.isolation",
                *self.modules,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=2**26,
            )
            try:
                async with asyncio.timeout(self.start_within):  # importing is not the check's time
                    await _ask(self._child, None)
            except BaseException as error:
                await self.close()  # what it says late would be taken for an answer
                if isinstance(error, (TimeoutError, asyncio.IncompleteReadError, ConnectionError)):
                    raise RuntimeError("the process that it runs in did not start") from error
                raise
        return self._child


async def _ask(child: asyncio.subprocess.Process, request: object) -> tuple[str, object]:
    assert child.stdin is not None
    assert child.stdout is not None
    payload = pickle.dumps(request)
    child.stdin.write(_LENGTH.pack(len(payload)) + payload)
    await child.stdin.drain()
    (length,) = _LENGTH.unpack(await child.stdout.readexactly(_LENGTH.size))
    return pickle.loads(await child.stdout.readexactly(length))


def _answer(request: tuple[str, str, Sample] | None) -> tuple[str, object]:
    if request is None:
        return "ready", None
    module, check, sample = request
    try:
        if check not in checks:
            importlib.import_module(module)  # an entry point's, which no setting names
        answer: object = checks[check].make()(sample)
    except BaseException as error:  # noqa: BLE001  a person's check may raise anything
        return "raised", spoken(error)
    plain = type(answer) in {bool, int, float, Finding, type(None)}
    return "answered", answer if plain else spoken(answer)


def _serve(modules: Sequence[str]) -> None:
    die_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a check prints must not end up among the answers
    for module in modules:
        importlib.import_module(module)
    requests = sys.stdin.buffer
    while head := requests.read(_LENGTH.size):
        (length,) = _LENGTH.unpack(head)
        payload = pickle.dumps(_answer(pickle.loads(requests.read(length))))
        answers.write(_LENGTH.pack(len(payload)) + payload)
        answers.flush()


if __name__ == "__main__":
    _serve(sys.argv[1:])
