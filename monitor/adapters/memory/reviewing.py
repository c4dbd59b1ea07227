"""A queue for people, and another tool that they work in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from monitor.errors import Gone
from monitor.model import (
    Annotation,
    Item,
    Posted,
    Project,
    Review,
    Seen,
    Task,
    User,
)  # fmt: skip


@dataclass(slots=True)
class MemoryReviews:
    """A queue and its users."""

    items: dict[UUID, Item] = field(default_factory=dict[UUID, Item])
    reviews: dict[tuple[UUID, UUID, int], Review] = field(default_factory=dict[tuple[UUID, UUID, int], Review])
    users: dict[UUID, User] = field(default_factory=dict[UUID, User])

    async def offer(self, items: Sequence[Item], /) -> None:
        for item in items:
            if item.erased:
                self.items[item.id] = item
            else:
                self.items.setdefault(item.id, item)

    async def record(self, reviews: Sequence[Review], /) -> None:
        for review in reviews:
            self.reviews[review.item, review.reviewer, review.at_ms] = review

    async def changes(self, since_ms: int, /) -> tuple[Sequence[Item], Sequence[Review]]:
        reviews = sorted(self.reviews.values(), key=lambda review: (review.at_ms, review.revision))
        return list(self.items.values()), reviews

    async def all(self) -> Sequence[User]:
        return sorted(self.users.values(), key=lambda user: user.name)

    async def save(self, user: User, /) -> None:
        self.users[user.id] = user

    async def close(self) -> None:
        """There is nothing to let go."""


@dataclass(slots=True)
class MemoryTool:
    """Another tool's projects, tasks and annotations, and where our items are in it."""

    name: str = "memory"
    projects: dict[str, Project] = field(default_factory=dict[str, Project])
    known: dict[str, Task] = field(default_factory=dict[str, Task])
    """Tasks by name, which begins with the project's."""
    annotations: dict[str, Annotation] = field(default_factory=dict[str, Annotation])
    places: dict[tuple[str, UUID], Posted] = field(default_factory=dict[tuple[str, UUID], Posted])
    made: int = 0
    changed: dict[str, int] = field(default_factory=dict[str, int])
    """When a task was changed, in steps of this clock."""

    async def open(self, project: Project, /) -> str:
        for name, one in self.projects.items():
            if one.mark == project.mark:
                return name
        self.projects[name := f"projects/{self._number()}"] = project
        return name

    async def tasks(self, project: str, items: Collection[UUID], /) -> Mapping[UUID, str]:
        return {task.item: name for name, task in self._of(project).items() if task.item in items}

    async def push(self, project: str, tasks: Sequence[Task], /) -> Mapping[UUID, str]:
        self._of(project)
        names = {task.item: f"{project}/tasks/{self._number()}" for task in tasks}
        self.known |= {names[task.item]: task for task in tasks}
        self.changed |= dict.fromkeys(names.values(), self.made)
        return names

    async def look(self, project: str, /, *, since_ms: int = 0, task: str = "") -> Sequence[Seen]:
        return [
            Seen(
                task=name,
                item=one.item,
                annotations=tuple(said for said in self.annotations.values() if said.task == name),
                changed_ms=self.changed[name],
            )
            for name, one in self._of(project).items()
            if self.changed[name] >= since_ms and task in {"", name}
        ]

    async def remove(self, project: str, task: str, /) -> None:
        self.known.pop(task, None)
        self.annotations = {key: one for key, one in self.annotations.items() if one.task != task}

    async def placed(self, tool: str, /) -> Mapping[UUID, Posted]:
        return {item: place for (of, item), place in self.places.items() if of == tool}

    async def place(self, tool: str, places: Mapping[UUID, Posted], /) -> None:
        self.places |= {(tool, item): place for item, place in places.items()}

    def annotate(self, task: str, by: str, result: object, *, skipped: bool = False) -> str:
        """What a person does there; the annotation's id."""
        number = str(self._number())
        self.write(Annotation(id=number, task=task, by=by, result=result, skipped=skipped, changed_ms=self.made))
        return number

    def write(self, annotation: Annotation) -> None:
        """Put an annotation in the place of the one with its id."""
        self.annotations[annotation.id] = annotation
        self.changed[annotation.task] = self._number()

    def delete(self, annotation: str) -> None:
        """What a person takes back."""
        self.changed[self.annotations.pop(annotation).task] = self._number()

    def drop(self, project: str) -> None:
        """A project that somebody deletes, with all that is in it."""
        del self.projects[project]
        for name in [name for name in self.known if name.startswith(f"{project}/")]:
            self.known.pop(name)
            self.annotations = {key: one for key, one in self.annotations.items() if one.task != name}

    async def close(self) -> None:
        """There is nothing to let go."""

    def _number(self) -> int:
        self.made += 1
        return self.made

    def _of(self, project: str) -> dict[str, Task]:
        if project not in self.projects:
            raise Gone(f"{project} is not there any more")
        return {name: task for name, task in self.known.items() if name.startswith(f"{project}/")}
