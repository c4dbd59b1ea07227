"""Where code that nobody trusts is run."""

from typing import Protocol

from monitor.model import Program, Ran, Sample

Answer = object
"""What a person's own check said, before anybody has looked at it."""


class Isolation(Protocol):
    """Where a check runs that may never come back."""

    async def run(self, check: str, sample: Sample, /, *, within: float) -> Answer:
        """The check's answer.

        Raises:
            TimeoutError: it took longer than ``within`` seconds, and was stopped.
            RuntimeError: it raised, or took its process down; the message says how.
        """
        ...

    async def close(self) -> None:
        """Stop what runs."""
        ...


class Sandbox(Protocol):
    """Where code that nobody has read is run."""

    async def run(self, program: Program, /, *, within: float) -> Ran:
        """Run it for at most ``within`` seconds, without network, files, or anybody else's processes.

        Raises:
            Unsafe: it was not run, because it could not be isolated.
        """
        ...

    async def close(self) -> None:
        """Stop what runs."""
        ...
