"""Items go to another tool, and what people do there comes back: once each, whatever is killed when."""

import inspect
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID, uuid5

import pytest

from monitor.adapters.memory import MemoryTool
from monitor.errors import InvalidRecord, Unavailable
from monitor.judges import Rubric
from monitor.model import Item, Posted, Project, Review, Role, State, Task, User
from monitor.pipeline.exchange import Exchange
from monitor.pipeline.exchanged import Found, What
from monitor.pipeline.hook import handle
from monitor.pipeline.intake import ANNOTATORS
from monitor.reviews import Refused, configuration
from tests.builders import make_rubric
from tests.unit.reviews.builders import Office, make_item

ANNE, BEN = "anne@example.com", "ben@example.com"
SECRET = "only-for-this-hook"
Result = list[dict[str, Any]]


def said(verdict: str = "pass", comment: str = "") -> Result:
    result: Result = [{"from_name": "answer_verdict", "type": "choices", "value": {"choices": [verdict]}}]
    return [*result, {"from_name": "comment", "value": {"text": [comment]}}] if comment else result


def who(email: str) -> UUID:
    return uuid5(ANNOTATORS, email)


@dataclass
class Fate:
    """Which call fails, and whether it has done its work by then."""

    at: int = -1
    after: bool = False
    calls: int = 0


@dataclass
class Failing:
    """Somebody whose calls may fail."""

    real: Any
    fate: Fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        return self._call(found) if inspect.iscoroutinefunction(found) else found

    def _call(self, work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **more: Any) -> Any:
            self.fate.calls += 1
            fails = self.fate.calls == self.fate.at
            if fails and not self.fate.after:
                raise Unavailable("somebody", "was not reached")
            done = await work(*args, **more)
            if fails:
                raise Unavailable("somebody", "did it, and could not say so")
            return done

        return call


@dataclass
class World:
    """What is durable, here and in the tool."""

    office: Office = field(default_factory=Office)
    tool: MemoryTool = field(default_factory=MemoryTool)
    fate: Fate = field(default_factory=Fate)
    mark: str = "quality/1"

    def exchange(self) -> Exchange:
        """A process that begins, with nothing but what is durable."""
        collect = self.office.collect()
        collect.queue = cast(Any, Failing(self.office.queue, self.fate))
        collect.opinions = cast(Any, Failing(self.office.opinions, self.fate))
        tool = cast(Any, Failing(self.tool, self.fate))
        project = Project(title="Evergauge · quality", mark=self.mark, form=configuration(self.office.rubric))
        return Exchange(
            collect=collect,
            tool=tool,
            book=tool,
            projects={"quality": project},
            users=self.office.queue,
            meter=self.office.meter,
        )

    async def offer(self, *items: Item) -> None:
        await self.office.queue.offer(items)

    async def round(self, *, full: bool = True) -> Found:
        return await self.exchange().round(full=full)

    def task(self, item: int = 1) -> str:
        return next(name for name, task in self.tool.known.items() if task.item == UUID(int=item))

    def stands(self, item: int = 1) -> dict[UUID, Review]:
        """The newest review of each reviewer."""
        reviews = sorted(self.office.queue.reviews.values(), key=lambda one: (one.at_ms, one.revision))
        return {one.reviewer: one for one in reviews if one.item == UUID(int=item)}

    def states(self, item: int = 1) -> dict[UUID, State]:
        return {reviewer: review.state for reviewer, review in self.stands(item).items()}

    def scores(self) -> dict[Any, float | None]:
        """Those that count."""
        return {key: one.value for key, one in self.office.opinions.opinions.items() if not one.withdrawn}

    def counted(self, reason: str) -> float:
        return self.office.meter.counts["evergauge_reviews_broken_total", (reason,)]


async def pushed(*items: Item) -> World:
    world = World()
    await world.offer(*(items or [make_item()]))
    await world.round()
    return world


async def test_what_waits_is_pushed_once() -> None:
    world = World()
    await world.offer(*(make_item(number) for number in range(1, 101)))

    first, second = await world.round(), await world.round()

    assert (first.done[What.PUSHED], second.done[What.PUSHED]) == (100, 0)
    assert len({task.item for task in world.tool.known.values()}) == len(world.tool.known) == 100
    assert [project.wanted for project in world.tool.projects.values()] == [1]


async def test_an_annotation_becomes_a_review_and_a_score() -> None:
    world = await pushed()
    number = world.tool.annotate(world.task(), ANNE, said("pass", "Fine."))

    found = await world.round()

    review = world.stands()[who(ANNE)]
    assert found.done == {What.PULLED: 1}
    assert (review.state, review.answers, review.comment) == (State.DONE, {"verdict": "pass"}, "Fine.")
    assert review.outside_id.startswith(f"{world.task()}#{number}@")
    assert list(world.scores().values()) == [1.0, 1.0]  # hers, and everybody's


async def test_whoever_has_an_account_here_is_the_same_person_there() -> None:
    world = await pushed()
    user = User(id=UUID(int=0xA), name="Anne@Example.com", role=Role.REVIEWER, password_hash="")
    await world.office.queue.save(user)
    world.tool.annotate(world.task(), ANNE, said())

    await world.round()

    assert world.states() == {user.id: State.DONE}


async def test_an_account_that_is_made_later_makes_no_second_review() -> None:
    world = await pushed()
    world.tool.annotate(world.task(), ANNE, said())
    await world.round()
    await world.office.queue.save(User(id=UUID(int=0xA), name=ANNE, role=Role.LEAD, password_hash=""))
    world.tool.annotate(world.task(), BEN, said())

    await world.round()

    assert world.states() == {who(ANNE): State.DONE, who(BEN): State.DONE}


async def test_a_correction_is_the_same_review_with_new_answers() -> None:
    world = await pushed()
    number = world.tool.annotate(world.task(), ANNE, said("pass"))
    await world.round()
    one = world.tool.annotations[number]
    world.tool.write(replace(one, result=said("fail"), changed_ms=one.changed_ms + 1))

    found = await world.round()

    assert found.done == {What.CORRECTED: 1}
    assert world.stands()[who(ANNE)].answers == {"verdict": "fail"}
    assert world.stands()[who(ANNE)].revision == 1
    assert list(world.scores().values()) == [0.0, 0.0]


async def test_a_correction_that_was_made_here_is_not_undone_by_what_stands_there() -> None:
    world = await pushed()
    world.tool.annotate(world.task(), ANNE, said("pass"))
    exchange = world.exchange()
    await exchange.round()
    mine = exchange.collect.desk.mine(UUID(int=1), who(ANNE))
    assert mine
    world.office.clock.go(1000)
    await exchange.collect.correct(replace(mine, answers={"verdict": "fail"}))

    found = await world.round()

    assert not found.done
    assert world.stands()[who(ANNE)].answers == {"verdict": "fail"}


async def test_a_deleted_annotation_is_withdrawn() -> None:
    world = await pushed()
    number = world.tool.annotate(world.task(), ANNE, said())
    await world.round()
    world.tool.delete(number)

    found = await world.round()

    assert found.done == {What.WITHDRAWN: 1}
    assert world.states() == {who(ANNE): State.WITHDRAWN}
    assert not world.scores()
    assert not (await world.round()).done


async def test_a_deleted_task_withdraws_its_reviews_and_is_not_pushed_again() -> None:
    world = await pushed()
    world.tool.annotate(world.task(), ANNE, said())
    await world.round()
    await world.tool.remove("", world.task())

    found, then = await world.round(), await world.round()

    assert (found.done, then.done) == ({What.WITHDRAWN: 1}, {})
    assert world.states() == {who(ANNE): State.WITHDRAWN}


async def test_a_skipped_task_is_skipped_until_it_is_done_after_all() -> None:
    world = await pushed()
    number = world.tool.annotate(world.task(), ANNE, [], skipped=True)
    first = await world.round()
    one = world.tool.annotations[number]
    world.tool.write(replace(one, result=said(), skipped=False, changed_ms=one.changed_ms + 1))

    second = await world.round()

    assert (first.done, second.done) == ({What.SKIPPED: 1}, {What.PULLED: 1})
    assert world.states() == {who(ANNE): State.DONE}


async def test_several_people_on_a_task_make_a_review_each() -> None:
    world = await pushed(make_item(wanted=2))
    world.tool.annotate(world.task(), ANNE, said("pass"))
    await world.round()
    world.tool.annotate(world.task(), BEN, said("fail"))
    await world.round()

    assert world.states() == {who(ANNE): State.DONE, who(BEN): State.DONE}
    assert [project.wanted for project in world.tool.projects.values()] == [2]


async def test_of_two_annotations_of_one_person_the_newer_stands() -> None:
    world = await pushed()
    world.tool.annotate(world.task(), ANNE, said("pass"))
    second = world.tool.annotate(world.task(), ANNE, said("fail"))

    found = await world.round()
    again = await world.round()
    world.tool.delete(second)
    back = await world.round()

    assert (found.done, again.done, back.done) == ({What.PULLED: 1}, {}, {What.CORRECTED: 1})
    assert world.stands()[who(ANNE)].answers == {"verdict": "pass"}


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ([], "missing_field"),
        (said("perhaps"), "unknown_choice"),
        ([*said(), {"from_name": "mood", "value": {"choices": ["good"]}}], "unknown_field"),
        ([*said(), *said()], "twice"),
        ("rubbish", "unreadable"),
    ],
)
async def test_a_broken_annotation_is_counted_once_and_stops_nothing(result: object, reason: str) -> None:
    world = await pushed(make_item(1), make_item(2))
    world.tool.annotate(world.task(1), ANNE, result)
    world.tool.annotate(world.task(2), ANNE, said())
    exchange = world.exchange()

    first, second = await exchange.round(full=True), await exchange.round(full=True)

    assert (first.reasons, second.reasons) == ({reason: 1}, {reason: 1})
    assert first.broken[0].where.startswith(world.task(1))
    assert ANNE in first.broken[0].message
    assert (world.states(1), world.states(2)) == ({}, {who(ANNE): State.DONE})
    assert world.counted(reason) == 1


async def test_what_breaks_after_it_was_right_leaves_the_review_as_it_was() -> None:
    world = await pushed()
    number = world.tool.annotate(world.task(), ANNE, said("pass"))
    await world.round()
    world.tool.write(replace(world.tool.annotations[number], result=[], changed_ms=99))

    found = await world.round()

    assert (found.done, found.reasons) == ({}, {"missing_field": 1})
    assert world.states() == {who(ANNE): State.DONE}


async def test_annotations_that_nobody_made_and_tasks_that_are_not_ours_are_told() -> None:
    world = await pushed()
    project = next(iter(world.tool.projects))
    await world.tool.push(project, [Task(item=UUID(int=99), data={})])
    world.tool.annotate(world.task(99), ANNE, said())
    world.tool.annotate(world.task(), "", said())

    found = await world.round()

    assert found.reasons == {"unknown_item": 1, "nobody": 1}


async def test_a_deleted_project_is_made_again_for_what_still_waits() -> None:
    world = await pushed(make_item(1), make_item(2))
    world.tool.annotate(world.task(1), ANNE, said())
    await world.round()
    (project,) = world.tool.projects
    world.tool.drop(project)

    found, then = await world.round(), await world.round()

    assert (found.done, then.done) == ({What.PUSHED: 1}, {})
    assert [task.item for task in world.tool.known.values()] == [UUID(int=2)]
    assert world.states(1) == {who(ANNE): State.DONE}
    assert "was deleted" in found.remarks[0]
    assert "label_studio.url" in found.remarks[0]
    assert world.counted("project_gone") == 1


async def test_a_new_rubric_has_a_project_of_its_own_and_the_old_one_is_looked_at_still() -> None:
    world = await pushed(make_item(1))
    world.mark = "quality/2"
    await world.offer(make_item(2))
    await world.round()
    world.tool.annotate(world.task(1), ANNE, said())
    world.tool.annotate(world.task(2), ANNE, said())

    found = await world.round()

    assert found.done == {What.PULLED: 2}
    assert [project.mark for project in world.tool.projects.values()] == ["quality/1", "quality/2"]


async def test_items_that_were_erased_are_removed_there_too() -> None:
    world = await pushed()
    await world.offer(replace(make_item(), payload="", erased=True))

    found, then = await world.round(), await world.round()

    assert (found.done, then.done) == ({What.REMOVED: 1}, {})
    assert not world.tool.known


async def test_items_without_a_form_are_told_and_stop_nothing() -> None:
    world = await pushed(make_item(1, payload="{}"), make_item(2))

    assert [task.item for task in world.tool.known.values()] == [UUID(int=2)]
    assert world.counted("no_form") == 1


@dataclass
class Picky(MemoryTool):
    """Does not take one item, nor a list that holds it."""

    async def push(self, project: str, tasks: Sequence[Task], /) -> Any:
        if any(task.item == UUID(int=2) for task in tasks):
            raise InvalidRecord("rejected", "no")
        return await super().push(project, tasks)


async def test_a_task_that_is_not_taken_stops_no_other() -> None:
    world = World(tool=Picky())
    await world.offer(*(make_item(number) for number in (1, 2, 3)))
    exchange = world.exchange()

    found, then = await exchange.round(), await exchange.round()

    assert (found.done, found.reasons, then.done, then.broken) == ({What.PUSHED: 2}, {"rejected": 1}, {}, [])


@dataclass
class Closed(MemoryTool):
    """Makes no project of one judge's."""

    async def open(self, project: Project, /) -> str:
        if project.mark == "bad":
            raise InvalidRecord("rejected", "no such form")
        return await super().open(project)


async def test_a_project_that_is_not_taken_stops_no_other_judge() -> None:
    world = World(tool=Closed())
    await world.offer(make_item(1, judge="other"), make_item(2))
    exchange = world.exchange()
    exchange.collect.rubrics = {name: make_rubric() for name in ("other", "quality")}
    exchange.projects = {**exchange.projects, "other": replace(exchange.projects["quality"], mark="bad")}

    found = await exchange.round()

    assert (found.done, found.reasons) == ({What.PUSHED: 1}, {"rejected": 1})
    assert found.broken[0].where == "the project of other"


async def test_only_what_was_changed_is_looked_at_until_it_is_time_for_everything() -> None:
    world = await pushed()
    world.tool.annotate(world.task(), ANNE, said())
    exchange = world.exchange()
    await exchange.round()
    await world.tool.remove("", world.task())  # which leaves no trace but its absence

    soon = await exchange.round()
    world.office.clock.go(11 * 60_000)
    later = await exchange.round()

    assert (soon.done, later.done) == ({}, {What.WITHDRAWN: 1})


async def test_tasks_are_noted_down_where_only_that_was_lost() -> None:
    world = await pushed(make_item(1), make_item(2))
    world.tool.places.clear()

    found = await world.round()

    assert not found.done
    assert set(world.tool.places.values()) == {
        Posted(name.partition("/tasks")[0], name) for name in world.tool.known
    }  # fmt: skip


async def story(world: World, do: Callable[[World], Awaitable[Exchange]]) -> None:
    """Everything that can happen to two items; each round is repeated until nothing fails."""
    await world.offer(make_item(1, wanted=2), make_item(2))
    await do(world)
    first = world.tool.annotate(world.task(1), ANNE, said("pass"))
    world.tool.annotate(world.task(1), BEN, said("fail"))
    world.tool.annotate(world.task(2), BEN, [], skipped=True)
    await do(world)
    one = world.tool.annotations[first]
    world.tool.write(replace(one, result=said("fail", "After all."), changed_ms=one.changed_ms + 100))
    await do(world)
    world.tool.delete(first)
    world.tool.annotate(world.task(2), ANNE, said("pass"))
    await do(world)
    world.tool.drop(next(iter(world.tool.projects)))
    await do(world)


async def restarted(world: World) -> Exchange:
    """A process that is killed when something fails, and started again."""
    while True:
        exchange = world.exchange()
        try:
            await exchange.round(full=True)
        except Unavailable:
            world.office.clock.go(1000)
        else:
            return exchange


async def test_no_failure_at_any_step_makes_anything_twice_or_loses_it() -> None:
    calm = World()
    await story(calm, restarted)
    steps = calm.fate.calls

    for after in (False, True):
        for at in range(1, steps + 1):
            world = World(fate=Fate(at, after))
            await story(world, restarted)

            assert len(world.tool.projects) == len(calm.tool.projects) == 1, (at, after)
            assert [task.item for task in world.tool.known.values()] == [UUID(int=1)], (at, after)
            for item in (1, 2):
                assert world.states(item) == calm.states(item), (at, after)
            assert world.scores() == calm.scores(), (at, after)
    assert steps > 30


async def test_a_process_that_lives_through_failures_comes_to_the_same() -> None:
    calm = World()
    await story(calm, restarted)

    for after in (False, True):
        for at in range(1, calm.fate.calls + 1):
            world = World(fate=Fate(at, after))
            exchange = world.exchange()

            async def go_on(world: World, exchange: Exchange = exchange) -> Exchange:
                for _ in range(2):
                    try:
                        await exchange.round(full=True)
                    except Unavailable:
                        world.office.clock.go(1000)
                return exchange

            await story(world, go_on)

            assert [task.item for task in world.tool.known.values()] == [UUID(int=1)], (at, after)
            for item in (1, 2):
                assert world.states(item) == calm.states(item), (at, after)
            assert world.scores() == calm.scores(), (at, after)


def call(name: str, **more: object) -> bytes:
    project = name.partition("/tasks/")[0].rpartition("/")[2]
    said: dict[str, object] = {"action": "ANNOTATION_CREATED", "project": {"id": int(project)}}
    return json.dumps(said | {"task": {"id": int(name.rpartition("/")[2])}} | more).encode()


async def test_a_call_makes_us_look_and_is_not_believed() -> None:
    world = await pushed()
    task = world.task()
    world.tool.annotate(task, ANNE, said("pass"))
    body = call(task, annotation={"result": said("fail"), "completed_by": 7})

    found = await handle(world.exchange(), body, SECRET, secret=SECRET)()

    assert found.done == {What.PULLED: 1}
    assert world.stands()[who(ANNE)].answers == {"verdict": "pass"}


async def test_a_call_that_names_no_task_makes_us_look_at_the_project() -> None:
    world = await pushed()
    task = world.task()
    number = world.tool.annotate(task, ANNE, said("pass"))
    await world.round()
    world.tool.delete(number)
    body = call(task, task=None, annotations=[{"id": int(number)}])

    found = await handle(world.exchange(), body, SECRET, secret=SECRET)()

    assert found.done == {What.WITHDRAWN: 1}


async def test_a_call_about_what_is_not_ours_does_nothing() -> None:
    world = await pushed()
    body = json.dumps({"project": {"id": 999}, "task": {"id": 1}}).encode()

    assert not (await handle(world.exchange(), body, SECRET, secret=SECRET)()).done


@pytest.mark.parametrize(
    ("body", "given", "secret", "reason"),
    [
        (b"{}", "wrong", "secret", "forbidden"),
        (b"{}", "", "secret", "forbidden"),
        (b"{}", "", "", "forbidden"),
        (b"{}", "ü\udcff", "secret", "forbidden"),
        (b"{}", "secret", "secret", "unreadable"),
        (b'{"project": {"id": "1; DROP"}}', "secret", "secret", "unreadable"),
        (b"\xff" + b"[" * 100_000, "secret", "secret", "unreadable"),
    ],
)
async def test_a_call_of_somebody_else_is_refused(body: bytes, given: str, secret: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        handle(World().exchange(), body, given, secret=secret)

    assert refused.value.reason == reason


def test_a_form_of_every_kind_can_be_exchanged() -> None:
    kinds: list[Rubric] = [make_rubric(kind) for kind in ("grade", "checklist", "criteria", "pairwise")]

    assert all(configuration(rubric) for rubric in kinds)
