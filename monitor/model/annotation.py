"""What another tool is given to show, and what people did there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Where the items of one judge are reviewed in another tool."""

    title: str
    mark: str
    """By which it is found again, whatever people call it: another rubric has another one."""
    form: str
    """What is asked, as the tool wants it said."""
    shown: bool = False
    """Whether reviewers see what the judge said."""
    wanted: int = 1
    """Reviews that a task needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An item as another tool shows it."""

    item: UUID
    data: Mapping[str, object]
    prediction: Sequence[Mapping[str, object]] = ()
    """The judge's opinion as the form would be filled in; empty where it is not to be seen."""
    by: str = ""
    """Whose opinion that is."""
    value: float | None = None


class Posted(NamedTuple):
    """Where an item's task is; empty where it is gone."""

    project: str
    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What one person did with one task, as it stands there now."""

    id: str
    task: str
    by: str
    """The person's e-mail; empty when nobody knows whose it is."""
    result: object
    """What they filled in, before anybody has looked at it."""
    skipped: bool = False
    seconds: float = 0.0
    changed_ms: int = 0

    @property
    def key(self) -> str:
        """Which it is: the task comes first, and its project before that."""
        return f"{self.task}#{self.id}"

    @property
    def outside_id(self) -> str:
        """Which it is, and as of when: what a review keeps, so that one knows whether it was changed since."""
        return f"{self.key}@{self.changed_ms}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A task with everything that people did with it."""

    task: str
    """Begins with its project's name and a slash."""
    item: UUID | None
    """None where the task is not one of ours."""
    annotations: tuple[Annotation, ...] = ()
    changed_ms: int = 0
    """By the tool's clock."""
