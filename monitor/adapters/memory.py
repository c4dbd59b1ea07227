"""Twins of every port, in memory: for tests, and for commands that need no server."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from monitor.checks import checks
from monitor.errors import Gone, Unsafe
from monitor.metrics import Metric
from monitor.model import (
    NOTHING,
    Annotation,
    Controlled,
    DeadLetter,
    Evaluation,
    Item,
    Judgement,
    Lot,
    Opinion,
    Origin,
    Posted,
    Program,
    Project,
    Question,
    Ran,
    Record,
    Reply,
    Review,
    RouteTo,
    Sample,
    Seen,
    Spent,
    Task,
    Unjudged,
    User,
)  # fmt: skip
from monitor.policy import DAY_MS, HOUR_MS
from monitor.ports import Labels

Place = tuple[Origin, int | None]


@dataclass(slots=True)
class MemoryStore:
    """A sink and an archive over the same rows."""

    rows: dict[Place, Evaluation] = field(default_factory=dict[Place, Evaluation])
    dead: dict[Place, DeadLetter] = field(default_factory=dict[Place, DeadLetter])

    async def write(self, evaluations: Sequence[Evaluation], dead: Sequence[DeadLetter], /) -> None:
        for evaluation in evaluations:
            self.rows[evaluation.record.origin, evaluation.sample.index] = evaluation
        for letter in dead:
            self.dead[letter.origin, letter.index] = letter

    async def spending(self, before: Origin, since_ms: int, /) -> Iterable[tuple[str, int, int, int, int]]:
        hours: defaultdict[tuple[str, int], list[Evaluation]] = defaultdict(list)
        for (origin, _), row in self.rows.items():
            place = (origin.topic, origin.partition) == (before.topic, before.partition)
            if place and origin.offset < before.offset and row.record.arrived_ms >= since_ms:
                hours[row.sample.app, row.record.arrived_ms // HOUR_MS * HOUR_MS].append(row)
        return [
            (
                app,
                hour,
                min(row.record.arrived_ms for row in rows),
                len(rows),
                sum(row.route.to is RouteTo.JUDGE for row in rows),
            )
            for (app, hour), rows in hours.items()
        ]

    async def close(self) -> None:
        """There is nothing to let go."""


@dataclass(slots=True)
class Nowhere:
    """A sink and a bus that keep nothing: for commands that only report."""

    async def write(self, evaluations: Sequence[Evaluation], dead: Sequence[DeadLetter], /) -> None:
        """Forget them."""

    async def forward(self, record: Record, chosen: Sequence[Evaluation], /) -> None:
        """Forget it."""

    async def resend(self, records: Sequence[Record], /) -> None:
        """Forget them."""

    async def bury(self, letters: Sequence[DeadLetter], /) -> None:
        """Forget them."""

    async def close(self) -> None:
        """There is nothing to let go."""


@dataclass(slots=True)
class MemoryBus:
    """What was handed on, and what was buried, by id."""

    forwarded: dict[Origin, tuple[Record, tuple[Evaluation, ...]]] = field(
        default_factory=dict[Origin, tuple[Record, tuple[Evaluation, ...]]]
    )
    buried: dict[str, DeadLetter] = field(default_factory=dict[str, DeadLetter])
    resent: list[Record] = field(default_factory=list[Record])

    async def forward(self, record: Record, chosen: Sequence[Evaluation], /) -> None:
        self.forwarded[record.origin] = (record, tuple(chosen))

    async def resend(self, records: Sequence[Record], /) -> None:
        self.resent += records

    async def bury(self, letters: Sequence[DeadLetter], /) -> None:
        for letter in letters:
            self.buried[letter.id] = letter

    async def close(self) -> None:
        """There is nothing to let go."""


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


@dataclass(slots=True)
class MemoryJudging:
    """Judgements, opinions and bookings, by their keys."""

    judgements: dict[UUID, Judgement] = field(default_factory=dict[UUID, Judgement])
    opinions: dict[tuple[object, ...], Opinion] = field(default_factory=dict[tuple[object, ...], Opinion])
    """By sample, source, scorer, version, person and attempt."""
    controls: dict[tuple[str, str, UUID], Controlled] = field(default_factory=dict[tuple[str, str, UUID], Controlled])
    lots: dict[UUID, Lot] = field(default_factory=dict[UUID, Lot])

    async def known(self, contents: Collection[UUID], /) -> Mapping[UUID, Judgement]:
        return {content: self.judgements[content] for content in contents if content in self.judgements}

    async def keep(self, judgement: Judgement, /) -> None:
        self.judgements.setdefault(judgement.content, judgement)

    async def write(self, opinions: Sequence[Opinion], /) -> None:
        for one in opinions:
            self.opinions[one.sample, one.source, one.scorer, one.version, one.by, one.attempt] = one

    async def control(self, controlled: Controlled, /) -> None:
        self.controls.setdefault((controlled.judge, controlled.version, controlled.beside), controlled)

    async def book(self, lots: Sequence[Lot], /) -> None:
        self.lots |= {lot.id: lot for lot in lots}

    async def spent(self, hour_ms: int, /) -> Mapping[str, Spent]:
        found: dict[str, Spent] = {}
        for lot in self.lots.values():
            if lot.hour_ms // DAY_MS == hour_ms // DAY_MS:
                in_hour = lot.expense if lot.hour_ms == hour_ms else NOTHING
                found[lot.app] = found.get(lot.app, Spent()) + Spent(in_hour, lot.expense)
        return found

    async def close(self) -> None:
        """There is nothing to let go."""


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


@dataclass(slots=True)
class ScriptedJudge:
    """Says what it was told to say, one after another, and then the last again; remembers what it was asked."""

    replies: list[Reply | Unjudged]
    asked: list[Question] = field(default_factory=list[Question])

    async def ask(self, question: Question, /) -> Reply:
        self.asked.append(question)
        said = self.replies[min(len(self.asked), len(self.replies)) - 1]
        if isinstance(said, Unjudged):
            raise said
        return said

    async def check(self) -> str:
        return ""

    async def close(self) -> None:
        """There is nothing to let go."""


@dataclass(slots=True)
class MemoryMeter:
    """Numbers by metric name and labels."""

    counts: Counter[tuple[str, Labels]] = field(default_factory=Counter[tuple[str, Labels]])
    gauges: dict[tuple[str, Labels], float] = field(default_factory=dict[tuple[str, Labels], float])
    observed: defaultdict[tuple[str, Labels], Counter[float]] = field(
        default_factory=lambda: defaultdict[tuple[str, Labels], Counter[float]](Counter)
    )

    def count(self, metric: Metric, labels: Labels = (), by: float = 1) -> None:
        self.counts[metric.name, labels] += by  # pyright: ignore[reportArgumentType]

    def gauge(self, metric: Metric, value: float, labels: Labels = ()) -> None:
        self.gauges[metric.name, labels] = value

    def forget(self, metric: Metric, labels: Labels) -> None:
        self.gauges.pop((metric.name, labels), None)

    def observe(self, metric: Metric, values: Mapping[float, int], labels: Labels = ()) -> None:
        self.observed[metric.name, labels].update(values)
