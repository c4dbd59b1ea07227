"""What a check is, and how one is registered."""

import dataclasses
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from monitor.model import Program, Ran, Sample
from monitor.registry import Registry


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: a value in 0…1, higher is better, or None with a reason."""

    value: float | None
    why: str = ""
    label: str = ""

    @classmethod
    def not_applicable(cls, why: str) -> "Finding":
        """The sample does not ask for what this check looks at."""
        return cls(None, why, "not_applicable")


CLEAN = Finding(1.0)
"""Nothing to complain about."""

Answer = bool | float | Finding | None
"""What a check may say; None means that it does not apply."""


class Check(Protocol):
    """A cheap scorer: a frozen dataclass whose fields are its parameters, or a plain function."""

    def __call__(self, sample: Sample, /) -> Answer:
        """Look at a sample; no I/O, no clock, no chance."""
        ...


@typing.runtime_checkable
class Tried(Protocol):
    """A check that tries code: it says what to run, somebody runs it in a sandbox, and it reads what came of it."""

    seconds: float
    """Time for all of a sample."""

    def program(self, sample: Sample, /) -> Program | Finding:
        """What to run, or what to say without running anything."""
        ...

    def read(self, sample: Sample, ran: Ran, /) -> Finding:
        """What the run says of the sample."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A registered check: what to call it, how to make it, where passing begins."""

    name: str
    make: Callable[..., Check]
    version: int = 1
    passes_from: float = 1.0
    """The pass line: a value of at least this passes."""
    default: bool = False
    """Whether it runs where the settings do not say."""
    limit: float | None = None
    """Seconds it may take. A plain check with a limit runs in a process of its own, and is slow to call."""
    waits: bool = False
    """Whether it is a coroutine function: many samples then wait side by side, each for at most the limit."""
    needs: str = ""
    """The field of a sample without which it never has a value."""
    module: str = ""
    """Where it is defined, for a process of its own to import."""


_WAITS_FOR = 5.0

checks: Registry[Spec] = Registry("check", group="evergauge.checks")

C = typing.TypeVar("C", bound=Check)


def register(
    name: str, *, version: int = 1, passes_from: float = 1.0, default: bool = False, needs: str = ""
) -> Callable[[type[C]], type[C]]:
    """Register a dataclass whose fields are the check's parameters.

    Args:
        name: what scores and settings call it.
        version: raised when the check changes its mind.
        passes_from: the pass line.
        default: whether it runs where the settings do not say.
        needs: the field of a sample without which it never has a value; settings that turn it on where no input can
            give that field are refused.
    """

    def add(make: type[C]) -> type[C]:
        if not dataclasses.is_dataclass(make):
            raise TypeError(f"{make.__name__}: put @dataclass(frozen=True) between @register and the class")
        spec = Spec(
            name=name,
            make=make,
            version=version,
            passes_from=passes_from,
            default=default,
            needs=needs,
            module=make.__module__,
        )
        checks.add(name, spec)
        return make

    return add


def check(
    name: str, *, version: int = 1, passes_from: float = 1.0, limit: float | None = None
) -> Callable[[Check], Check]:
    """Register a function as a check: five lines in any module that the settings name.

    Args:
        name: what scores and settings call it.
        version: raise it when the check changes its mind.
        passes_from: the pass line.
        limit: declare it slow: it then runs in a process of its own, for at most this many seconds a sample. An
            ``async def`` stays in the worker and must not block; without a limit it has five seconds.
    """

    def add(function: Check) -> Check:
        waits = inspect.iscoroutinefunction(function)
        spec = Spec(
            name=name,
            make=lambda: function,
            version=version,
            passes_from=passes_from,
            limit=_WAITS_FOR if waits and limit is None else limit,
            waits=waits,
            module=getattr(function, "__module__", ""),
        )
        checks.add(name, spec)
        return function

    return add


def at_least(least: float, /, **parameters: float) -> None:
    """Refuse parameters that make no sense, when a check is made.

    Raises:
        ValueError: the first that is smaller, or is no number, by name.
    """
    for name, value in parameters.items():
        if not least <= value < float("inf"):
            raise ValueError(f"{name} is {value}, and must be at least {least:g}")
