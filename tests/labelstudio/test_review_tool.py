"""One suite for every tool in which people review."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest

from monitor.adapters.labelstudio import LabelStudio, LabelStudioAddress
from monitor.adapters.memory import MemoryTool
from monitor.errors import Gone
from monitor.model import Project, Seen, Task
from monitor.ports import ReviewTool
from monitor.reviews import Filled, configuration, regions, task_of
from tests.builders import make_rubric, make_sample
from tests.labelstudio.studio import LEAD_TOKEN, Person, Studio
from tests.servers import Loop
from tests.unit.reviews.builders import make_item

pytestmark = pytest.mark.timeout(480)  # whoever comes first installs and starts it
RUBRIC = make_rubric()
PASSES = regions(RUBRIC, make_sample(), Filled(answers={"verdict": "pass"}, comment="Fine."))
FAILS = regions(RUBRIC, make_sample(), Filled(answers={"verdict": "fail"}))


@dataclass
class Seat:
    """A tool, and somebody who works in it."""

    loop: Loop
    make: Callable[[], ReviewTool]
    memory: MemoryTool | None
    person: Person | None

    def __post_init__(self) -> None:
        self.tool = self.make()

    def annotate(self, task: str, result: object) -> str:
        if self.memory is not None:
            return self.memory.annotate(task, "anne@example.com", result)
        assert self.person
        return self.person.annotate(task, result)

    def correct(self, annotation: str, result: object) -> None:
        if self.memory is not None:
            one = self.memory.annotations[annotation]
            self.memory.write(replace(one, result=result, changed_ms=self.memory.made + 1))
            return
        assert self.person
        self.person.correct(annotation, result)

    def delete(self, annotation: str) -> None:
        who = self.memory or self.person
        assert who
        who.delete(annotation)

    def drop(self, project: str) -> None:
        who = self.memory or self.person
        assert who
        who.drop(project)

    def look(self, project: str, *, since_ms: int = 0, task: str = "") -> list[Seen]:
        return list(self.loop.run(self.tool.look(project, since_ms=since_ms, task=task)))

    def open(self, project: Project) -> str:
        return self.loop.run(self.tool.open(project))

    def push(self, project: str, *items: UUID) -> dict[UUID, str]:
        return dict(self.loop.run(self.tool.push(project, [task(item) for item in items])))


@pytest.fixture(params=["memory", "label_studio"])
def seat(request: pytest.FixtureRequest) -> Iterator[Seat]:
    if request.param == "memory":
        memory = MemoryTool()
        yield Seat(Loop(), lambda: memory, memory, None)
        return
    studio: Studio = request.getfixturevalue("studio")
    where = LabelStudioAddress(url=studio.url, token=LEAD_TOKEN)
    made = Seat(studio.loop, lambda: LabelStudio(where), None, request.getfixturevalue("anne"))
    yield made
    made.loop.run(made.tool.close())


def project() -> Project:
    return Project(title="Evergauge · quality", mark=f"test/{uuid4()}", form=configuration(RUBRIC))


def task(item: UUID) -> Task:
    return task_of(make_item(id=item), RUBRIC, make_sample(), shown=False)


def items(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]


def test_a_project_is_made_once_whoever_asks(seat: Seat) -> None:
    wanted = project()

    first = seat.open(wanted)
    seat.tool = seat.make()
    second, other = seat.open(replace(wanted, title="Renamed", wanted=2)), seat.open(project())

    assert first == second != other


def test_tasks_are_found_by_their_items(seat: Seat) -> None:
    room, known = seat.open(project()), items(90)
    made = seat.push(room, *known)

    found = seat.loop.run(seat.tool.tasks(room, [*known, uuid4()]))

    assert found == made
    assert set(made) == set(known)
    assert all(name.startswith(f"{room}/") for name in made.values())


def test_what_people_did_is_seen_with_who_and_what(seat: Seat) -> None:
    room, (item,) = seat.open(project()), items(1)
    name = seat.push(room, item)[item]
    annotation = seat.annotate(name, PASSES)

    (seen,) = seat.look(room)
    (said,) = seen.annotations

    assert (seen.task, seen.item) == (name, item)
    assert (said.id, said.task, said.by, said.skipped) == (annotation, name, "anne@example.com", False)
    assert said.result == PASSES
    assert said.outside_id.startswith(f"{name}#{annotation}@")


def test_a_correction_changes_when_and_what(seat: Seat) -> None:
    room, (item,) = seat.open(project()), items(1)
    name = seat.push(room, item)[item]
    annotation = seat.annotate(name, PASSES)
    ((before,),) = [one.annotations for one in seat.look(room)]

    seat.correct(annotation, FAILS)

    ((after,),) = [one.annotations for one in seat.look(room)]
    assert after.result == FAILS
    assert after.key == before.key
    assert after.changed_ms > before.changed_ms


@pytest.mark.parametrize("what", ["annotated", "corrected", "deleted"])
def test_whatever_people_do_is_a_change(seat: Seat, what: str) -> None:
    room, (one, other) = seat.open(project()), items(2)
    names = seat.push(room, one, other)
    annotation = "" if what == "annotated" else seat.annotate(names[one], PASSES)
    since_ms = max(seen.changed_ms for seen in seat.look(room)) + 1

    match what:
        case "annotated":
            seat.annotate(names[one], PASSES)
        case "corrected":
            seat.correct(annotation, FAILS)
        case _:
            seat.delete(annotation)

    assert [seen.item for seen in seat.look(room, since_ms=since_ms)] == [one]
    assert not seat.look(room, since_ms=since_ms + 10_000_000)


def test_one_task_can_be_looked_at_alone(seat: Seat) -> None:
    room, (one, other) = seat.open(project()), items(2)
    names = seat.push(room, one, other)
    seat.annotate(names[other], PASSES)

    alone = seat.look(room, task=names[other])
    seat.loop.run(seat.tool.remove(room, names[other]))
    seat.loop.run(seat.tool.remove(room, names[other]))

    assert [(seen.item, len(seen.annotations)) for seen in alone] == [(other, 1)]
    assert seat.look(room, task=names[other]) == []
    assert [seen.item for seen in seat.look(room)] == [one]


def test_a_project_that_was_deleted_is_gone(seat: Seat) -> None:
    wanted = project()
    room, (item,) = seat.open(wanted), items(1)
    seat.push(room, item)
    seat.drop(room)

    with pytest.raises(Gone):
        seat.look(room)
    with pytest.raises(Gone):
        seat.loop.run(seat.tool.tasks(room, [item]))
    with pytest.raises(Gone):
        seat.push(room, item)
    assert seat.open(wanted) != room
