"""What judges are asked through, and where what they say and cost is kept."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from monitor.model import Controlled, Given, Judgement, Lot, Measured, Opinion, Order, Question, Reply, Spent, Waiting


class Judge(Protocol):
    """A model that is asked for its opinion, and paid for it."""

    async def ask(self, question: Question, /) -> Reply:
        """One call.

        Raises:
            Unjudged: no reply came of it, and why.
        """
        ...

    async def check(self) -> str:
        """What is wrong with the endpoint, for a person to read; empty when it answers as it should."""
        ...

    async def knock(self) -> str:
        """What is wrong at the door, for a person to read: nobody there, or we are not let in. It costs nothing."""
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...


class Judgements(Protocol):
    """What judges replied, call by call: what is here is never paid for again."""

    async def known(self, contents: Collection[UUID], /) -> Mapping[UUID, Judgement]:
        """Those that are here already, by content.

        Raises:
            Unavailable: ask again later.
        """
        ...

    async def keep(self, judgement: Judgement, /) -> None:
        """Return once it is durable; keeping one twice changes nothing.

        Raises:
            Unavailable: it may not be; the same call is safe to repeat.
        """
        ...


class Opinions(Protocol):
    """Where scores of judges and people become durable."""

    async def write(self, opinions: Sequence[Opinion], /) -> None:
        """Return once every row is durable; writing one twice changes nothing.

        Raises:
            Unavailable: not everything was written; the same call is safe to repeat.
        """
        ...

    async def control(self, controlled: Controlled, /) -> None:
        """The same for what was said of a control item."""
        ...


class Treasury(Protocol):
    """Budgets that all workers share."""

    async def book(self, lots: Sequence[Lot], /) -> None:
        """Write lots down, or what they have become; whoever asks after that sees them.

        Raises:
            Unavailable: they may not be; the same call is safe to repeat.
        """
        ...

    async def spent(self, hour_ms: int, /) -> Mapping[str, Spent]:
        """What was spent and booked in an hour and in its day (UTC), by application.

        Raises:
            Unavailable: ask again later.
        """
        ...


class Samples(Protocol):
    """Samples as they were, for judges that have not seen them."""

    async def missed(self, since_ms: int, until_ms: int, limit: int, /) -> Sequence[Waiting]:
        """Those that a judge gave no value for a passing reason, and that were not asked again since.

        Args:
            since_ms: judged at or after this time.
            until_ms: judged before this time.
            limit: at most so many.

        Raises:
            Unavailable: ask again later.
        """
        ...

    async def unjudged(
        self, app: str, judge: str, since_ms: int, until_ms: int, /, *, order: Order, outcome: str, limit: int
    ) -> Sequence[Waiting]:
        """Those of an application, by their own time, that a judge has given no value.

        Args:
            app: whose.
            judge: which judge.
            since_ms: at or after this time.
            until_ms: before this time.
            order: which come first.
            outcome: only of this outcome; all where it is empty.
            limit: at most so many.

        Raises:
            Unavailable: ask again later.
        """
        ...


class Verdicts(Protocol):
    """Verdicts on the same samples, and what their agreement came to."""

    async def given(self, since_ms: int, until_ms: int, app: str, judge: str, /) -> Sequence[Given]:
        """Verdicts of a time on samples that have more than one; of all applications and judges where none is named.

        Raises:
            Unavailable: ask again later.
        """
        ...

    async def controls(self) -> Mapping[tuple[str, str], Sequence[tuple[bool, bool]]]:
        """Right verdict and given one on control items, in order, by judge and its newest version.

        Raises:
            Unavailable: ask again later.
        """
        ...

    async def note(self, measured: Sequence[Measured], at_ms: int, window_days: float, /) -> None:
        """Keep what was measured.

        Raises:
            Unavailable: it may not be kept.
        """
        ...
