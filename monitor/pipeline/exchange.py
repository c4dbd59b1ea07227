"""Exchange: items that wait for people go to another tool, and what people do there comes back.

The queue is the truth. Whatever is killed when, the next round finds what is there already: a project by its mark, a
task by its item, a review by its annotation and when that was changed. One such process for a tool is enough; two at
the very same moment could push an item twice, which costs a reviewer time, and counts once all the same.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from uuid import UUID

from monitor import metrics
from monitor.errors import Gone, InvalidRecord, Unavailable
from monitor.model import Item, Posted, Project, Task, Unjudged
from monitor.ports import Meter, ReviewTasks, ReviewTool, Users
from monitor.reviews import Refused, task_of

from .collect import Collect
from .exchanged import Found, Trouble, What
from .intake import COUNTS, Intake, task_of_review

_AT_ONCE = 40
_FULL_MS = 10 * 60_000
"""How often everything is looked at again: tasks that were deleted are seen by nothing else."""
_OVERLAP_MS = 10_000


@dataclass(slots=True)
class Exchange:
    """One tool, and the desk whose items it is given."""

    collect: Collect
    tool: ReviewTool
    book: ReviewTasks
    projects: Mapping[str, Project]
    """By judge."""
    users: Users
    meter: Meter
    intake: Intake = field(init=False)
    _posted: dict[UUID, Posted] = field(default_factory=dict[UUID, Posted])
    _since_ms: dict[str, int] = field(default_factory=dict[str, int])
    """By project and the tool's clock: what was changed before has been looked at."""
    _full_ms: int = -_FULL_MS
    _unfit: set[UUID] = field(default_factory=set[UUID])
    """Items that the tool does not take."""
    _counted: set[Trouble] = field(default_factory=set[Trouble])
    _resumed: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.intake = Intake(self.collect)

    async def round(self, *, full: bool = False) -> Found:
        """Take in what people did, then push what waits.

        Args:
            full: look at everything, and not only at what was changed since the last time.

        Raises:
            Unavailable: something is away; what was done until then is durable, and the rest comes another time.
        """
        async with self._turn:
            found, failed = self._found(), list[Unavailable]()
            await self._refresh()
            now_ms = self.collect.now_ms
            full = full or now_ms - self._full_ms >= _FULL_MS
            for project in self._names():
                try:
                    await self._pull(project, found, full=full)
                except Unavailable as error:
                    failed.append(error)
            for judge, items in self._waiting():
                try:
                    await self._push(judge, items, found)
                except Gone as error:
                    found.remarks.append(f"{error}; the next round makes it again")
                except InvalidRecord as error:
                    found.trouble(error.reason, f"the project of {judge}", str(error))
                except Unavailable as error:
                    failed.append(error)
            await self._remove_erased(found)
            if failed:
                raise failed[0]
            if full:
                self._full_ms = now_ms
            return found

    async def look(self, project: str, task: str) -> Found:
        """Take in what people did with one task, or in one project, by the tool's own numbers.

        Raises:
            Unavailable: something is away; the next round does it.
        """
        async with self._turn:
            found = self._found()
            await self._refresh()
            for name in self._names():
                if name.rpartition("/")[2] == project:
                    await self._pull(name, found, full=not task, task=f"{name}/tasks/{task}" if task else "")
            return found

    def _found(self) -> Found:
        return Found(self.meter, self._counted)

    async def _refresh(self) -> None:
        await (self.collect.refresh() if self._resumed else self.collect.resume())
        self._resumed = True
        self.intake.accounts = {user.name.casefold(): user.id for user in await self.users.all()}
        self._posted = dict(await self.book.placed(self.tool.name))

    def _names(self) -> list[str]:
        """Projects that hold tasks of ours: also those of older rubrics."""
        return list(dict.fromkeys(posted.project for posted in self._posted.values() if posted.project))

    def _waiting(self) -> Iterable[tuple[str, list[Item]]]:
        """Items to push, by judge."""
        found: defaultdict[str, list[Item]] = defaultdict(list)
        for item in self.collect.desk.open_items():
            posted = self._posted.get(item.id)
            if not (posted and posted.project) and item.id not in self._unfit and item.judge in self.projects:
                found[item.judge].append(item)
        return found.items()

    async def _push(self, judge: str, items: Sequence[Item], found: Found) -> None:
        wanted = max(item.wanted for item in items)
        project = await self.tool.open(replace(self.projects[judge], wanted=wanted))
        for start in range(0, len(items), _AT_ONCE):
            chosen = items[start : start + _AT_ONCE]
            there = await self.tool.tasks(project, [item.id for item in chosen])
            lacking = [task for item in chosen if item.id not in there and (task := self._task(item, found))]
            made = await self._pushed(project, lacking, found)
            posted = {item: Posted(project, task) for item, task in {**there, **made}.items()}
            await self.book.place(self.tool.name, posted)
            self._posted |= posted
            found.count(What.PUSHED, judge, len(made))

    async def _pushed(self, project: str, tasks: Sequence[Task], found: Found) -> Mapping[UUID, str]:
        """All together, or each alone where one of them is not taken."""
        if not tasks:
            return {}
        try:
            return await self.tool.push(project, tasks)
        except InvalidRecord as error:
            if len(tasks) > 1:
                alone = [await self._pushed(project, [task], found) for task in tasks]
                return {item: name for each in alone for item, name in each.items()}
            self._unfit.add(tasks[0].item)
            found.trouble(error.reason, f"item {tasks[0].item}", str(error))
            return {}

    def _task(self, item: Item, found: Found) -> Task | None:
        try:
            shown = self.projects[item.judge].shown
            return task_of(item, self.collect.rubrics[item.judge], self.collect.sample(item), shown=shown)
        except (Refused, Unjudged) as error:
            self._unfit.add(item.id)
            found.trouble("no_form", f"item {item.id}", str(error))
            return None

    async def _pull(self, project: str, found: Found, *, full: bool, task: str = "") -> None:
        since_ms = 0 if full or task else self._since_ms.get(project, 0)
        try:
            seen = await self.tool.look(project, since_ms=since_ms, task=task)
            await self.intake.take_in(seen, self._posted, found)
            if full:
                await self._look_for_missing(project, {one.task for one in seen}, found)
        except Gone as error:
            await self._lose(project, str(error), found)
            return
        if not task:
            self._since_ms[project] = max([since_ms, *(one.changed_ms - _OVERLAP_MS for one in seen)])

    async def _look_for_missing(self, project: str, there: set[str], found: Found) -> None:
        """Reviews of tasks that a full look did not show: asked for again, for a list read in pages may skip one."""
        for item_id, posted in list(self._posted.items()):
            item = self.collect.desk.items.get(item_id)
            if item is None or item.erased or posted.project != project or posted.task in there:
                continue
            reviews = [one for one in self.collect.desk.reviews.get(item_id, {}).values() if one.state in COUNTS]
            for task, those in groupby(sorted(reviews, key=task_of_review), key=task_of_review):
                if task == posted.task:
                    seen = await self.tool.look(project, task=task)
                    await self.intake.take_in(seen, self._posted, found)
                    for review in () if seen else tuple(those):
                        await self.intake.withdraw(item, review, found)

    async def _lose(self, project: str, why: str, found: Found) -> None:
        """Reviews that were taken in stay; what still waits is pushed into a new project."""
        items = [item for item, posted in self._posted.items() if posted.project == project]
        nowhere = dict.fromkeys(items, Posted("", ""))
        await self.book.place(self.tool.name, nowhere)
        self._posted |= nowhere
        self._since_ms.pop(project, None)
        open_items = sum(self.collect.desk.needs(item) for item in items)
        cure = "are pushed into a new one; to stop that, unset label_studio.url" if open_items else "need it no more"
        found.remarks.append(
            f"{project} was deleted ({why}): reviews that were taken in stay, and {open_items} items {cure}"
        )
        self.meter.count(metrics.BROKEN_REVIEWS, ("project_gone",))

    async def _remove_erased(self, found: Found) -> None:
        for item_id, posted in list(self._posted.items()):
            item = self.collect.desk.items.get(item_id)
            if item is not None and item.erased and posted.task:
                await self.tool.remove(posted.project, posted.task)
                await self.book.place(self.tool.name, {item_id: Posted(posted.project, "")})
                self._posted[item_id] = Posted(posted.project, "")
                found.count(What.REMOVED, item.judge)
