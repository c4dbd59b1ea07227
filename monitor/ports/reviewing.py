"""Where people review: the queue, who they are, and other tools that they work in."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from monitor.model import Item, Posted, Project, Review, Seen, Task, User


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
