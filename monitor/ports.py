"""The outside doors: each with two or three methods, and a twin in memory (``monitor.adapters.memory``)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from monitor.metrics import Metric
from monitor.model import (
    Controlled,
    DeadLetter,
    Evaluation,
    Given,
    Item,
    Judgement,
    Lot,
    Measured,
    Opinion,
    Order,
    Origin,
    Posted,
    Program,
    Project,
    Question,
    Ran,
    Record,
    Reply,
    Review,
    Sample,
    Seen,
    Spent,
    Task,
    User,
    Waiting,
)

Labels = tuple[str, ...]
Answer = object
"""What a person's own check said, before anybody has looked at it."""


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


class ReviewQueue(Protocol):
    """Where items wait for people, and what people did with them: the truth, whatever tool they work in."""

    async def offer(self, items: Sequence[Item], /) -> None:
        """Lay items down; one that lies there already is left as it is.

        Raises:
            Unavailable: not all of them may lie there; the same call is safe to repeat.
        """
        ...

    async def record(self, reviews: Sequence[Review], /) -> None:
        """Return once they are durable; recording one twice changes nothing.

        Raises:
            Unavailable: not all of them may be; the same call is safe to repeat.
        """
        ...

    async def changes(self, since_ms: int, /) -> tuple[Sequence[Item], Sequence[Review]]:
        """Items and reviews that were written at or after a time, the oldest first; all of them where it is 0.

        Raises:
            Unavailable: ask again later.
        """
        ...


class ReviewTool(Protocol):
    """Another tool in which people review: what it says is no truth until it is taken in."""

    @property
    def name(self) -> str:
        """What it is called where tasks are noted down: another server has another name."""
        ...

    async def open(self, project: Project, /) -> str:
        """The tool's own name for a project, which is found by its mark, or made.

        Raises:
            Unavailable: it may have been made; the same call finds it then.
        """
        ...

    async def tasks(self, project: str, items: Collection[UUID], /) -> Mapping[UUID, str]:
        """The tasks of those items that have one there.

        Raises:
            Gone: the project is not there any more.
            Unavailable: ask again later.
        """
        ...

    async def push(self, project: str, tasks: Sequence[Task], /) -> Mapping[UUID, str]:
        """Make tasks, also where there are such tasks already: whoever is not sure asks for them first.

        Raises:
            Gone: the project is not there any more.
            InvalidRecord: the tool does not take them; none was made.
            Unavailable: some may have been made.
        """
        ...

    async def look(self, project: str, /, *, since_ms: int = 0, task: str = "") -> Sequence[Seen]:
        """Tasks with all that people did with them.

        Args:
            project: where.
            since_ms: only tasks that were changed at or after this time, by the tool's clock; a task that was deleted
                is not among them.
            task: only this one; nothing where it is gone.

        Raises:
            Gone: the project is not there any more.
            Unavailable: ask again later.
        """
        ...

    async def remove(self, project: str, task: str, /) -> None:
        """Delete a task with all that people did with it; one that is not there is no matter.

        Raises:
            Unavailable: it may be there still; the same call is safe to repeat.
        """
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...


class ReviewTasks(Protocol):
    """Where the items' tasks are in other tools: so that nothing is pushed twice."""

    async def placed(self, tool: str, /) -> Mapping[UUID, Posted]:
        """The place of each item that a tool was given.

        Raises:
            Unavailable: ask again later.
        """
        ...

    async def place(self, tool: str, places: Mapping[UUID, Posted], /) -> None:
        """Note down places; the newest of an item stands.

        Raises:
            Unavailable: they may not be noted; the same call is safe to repeat.
        """
        ...


class Users(Protocol):
    """Who may log in."""

    async def all(self) -> Sequence[User]:
        """Everybody, also those who may not log in any more.

        Raises:
            Unavailable: ask again later.
        """
        ...

    async def save(self, user: User, /) -> None:
        """Add somebody, or change what is known of them.

        Raises:
            Unavailable: it may not be saved; the same call is safe to repeat.
        """
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


class Meter(Protocol):
    """Where numbers about ourselves go."""

    def count(self, metric: Metric, labels: Labels = (), by: float = 1) -> None:
        """Add to a counter."""
        ...

    def gauge(self, metric: Metric, value: float, labels: Labels = ()) -> None:
        """Set a gauge."""
        ...

    def forget(self, metric: Metric, labels: Labels) -> None:
        """Drop a gauge that no longer means anything."""
        ...

    def observe(self, metric: Metric, values: Mapping[float, int], labels: Labels = ()) -> None:
        """Put values into a histogram, each with how often it occurred."""
        ...
