"""Where records, evaluations and what could not be read go, and what was written is read back."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from monitor.model import DeadLetter, Evaluation, Origin, Record


class Sink(Protocol):
    """Where evaluations become durable."""

    async def write(self, evaluations: Sequence[Evaluation], dead: Sequence[DeadLetter], /) -> None:
        """Return once every row is durable; writing one twice changes nothing.

        Raises:
            Unavailable: not everything was written; the same call is safe to repeat.
        """
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...


class Bus(Protocol):
    """Where records go on to."""

    async def forward(self, record: Record, chosen: Sequence[Evaluation], /) -> None:
        """Hand a record's bytes unchanged to the judge stage, with what was decided of the chosen samples.

        Raises:
            Unavailable: it may not have arrived; the same call is safe to repeat.
        """
        ...

    async def resend(self, records: Sequence[Record], /) -> None:
        """Put records on the way to the judges again, with the headers that they bear.

        Raises:
            Unavailable: not all of them may have arrived; the same call is safe to repeat.
        """
        ...

    async def bury(self, letters: Sequence[DeadLetter], /) -> None:
        """Keep what cannot be evaluated, with reason, origin and bytes.

        Raises:
            Unavailable: not all of it may have arrived; the same call is safe to repeat.
        """
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...


class Archive(Protocol):
    """What has been written, read back."""

    async def spending(self, before: Origin, since_ms: int, /) -> Iterable[tuple[str, int, int, int, int]]:
        """What a partition's earlier records spent of the judge budgets.

        Args:
            before: count only what lies before this origin, in its partition.
            since_ms: count only what arrived at or after this time.

        Returns:
            Rows of app, hour (its start, milliseconds since 1970), when its first sample arrived, samples seen and
            samples sent to a judge.

        Raises:
            Unavailable: ask again later.
        """
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...
