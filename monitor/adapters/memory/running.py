"""Code that is run right here, or not at all."""

from dataclasses import dataclass, field

from monitor.checks import checks
from monitor.errors import Unsafe
from monitor.model import (
    Program,
    Ran,
    Sample,
)  # fmt: skip


@dataclass(slots=True)
class InProcess:
    """Runs a check right here, without a limit: only for checks that one trusts to come back."""

    async def run(self, check: str, sample: Sample, /, *, within: float) -> object:
        try:
            return checks[check].make()(sample)
        except Exception as error:
            raise RuntimeError(repr(error)) from error

    async def close(self) -> None:
        """There is nothing to stop."""


@dataclass(slots=True)
class ScriptedSandbox:
    """Runs nothing: says what it was told to say of each source, and refuses the others."""

    scripts: dict[str, Ran] = field(default_factory=dict[str, Ran])

    async def run(self, program: Program, /, *, within: float) -> Ran:
        if program.source not in self.scripts:
            raise Unsafe("nothing is run here")
        return self.scripts[program.source]

    async def close(self) -> None:
        """There is nothing to stop."""
