"""The whole way to a real Label Studio and back."""

import asyncio
import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from fastapi import FastAPI

from monitor.adapters.labelstudio import LabelStudio, LabelStudioAddress
from monitor.adapters.memory import MemoryTool
from monitor.build import load_rubric, shipped_rubrics
from monitor.build.exchange import build_exchange
from monitor.console.hooks import hooks
from monitor.errors import Unavailable
from monitor.judges import Rubric, version
from monitor.model import Item, Review, State
from monitor.pipeline.exchange import Exchange
from monitor.pipeline.exchanged import Found, What
from monitor.reviews import Filled, regions
from streams.embedded.children import free_port
from tests.builders import make_sample, make_settings
from tests.labelstudio.studio import LEAD_TOKEN, Person, Studio, number
from tests.servers import Loop, wait_until
from tests.unit.reviews.builders import Office, make_item
from tests.unit.test_exchange import SECRET, who

pytestmark = pytest.mark.timeout(480)  # whoever comes first installs and starts it
TESTS = json.dumps({"rubrics": [{"criterion": f"It is so {n}.", "points": p} for n, p in enumerate((5, -3))]})
SAMPLE = make_sample("Hello <b>you</b> & $answer", context=("http://127.0.0.1:9/",), references=("Hi.",), tests=TESTS)


@dataclass
class Path:
    """An exchange with what stands behind it, and a project of its own."""

    studio: Studio
    office: Office = field(default_factory=Office)
    book: MemoryTool = field(default_factory=MemoryTool)
    token: str = LEAD_TOKEN
    project: str = field(default_factory=lambda: f"P{uuid4().hex[:8]}")
    url: str = ""
    webhook_url: str = ""
    _made: list[LabelStudio] = field(default_factory=list[LabelStudio])

    def exchange(self, rubric: str = "tone", **more: object) -> Exchange:
        """A process that begins."""
        said = {
            "ENDPOINTS__E__URL": "http://127.0.0.1:9/v1",
            "ENDPOINTS__E__MODEL": "m",
            "JUDGES__QUALITY__RUBRIC": rubric,
            "JUDGES__QUALITY__ENDPOINTS": "e",
            "LABEL_STUDIO__PROJECT": self.project,
            "LABEL_STUDIO__PREDICTION": "shown",
            **more,
        }
        where = LabelStudioAddress(
            url=self.url or self.studio.url,
            token=self.token,
            webhook_url=self.webhook_url,
            webhook_secret=SECRET,
        )
        self._made.append(LabelStudio(where))
        queue = self.office.queue
        return build_exchange(
            make_settings(**said), queue=queue, users=queue, opinions=self.office.opinions, tasks=self.book,
            tool=self._made[-1], meter=self.office.meter,
        )  # fmt: skip

    def offer(self, count: int = 1, **said: object) -> list[Item]:
        items = [make_item(n, SAMPLE, **said) for n in range(1, count + 1)]
        self.studio.loop.run(self.office.queue.offer(items))
        return items

    def round(self, exchange: Exchange | None = None) -> Found:
        return self.studio.loop.run((exchange or self.exchange()).round(full=True))

    def task(self, item: Item) -> str:
        return next(posted.task for (_, one), posted in self.book.places.items() if one == item.id)

    def room(self) -> str:
        return next(posted.project for posted in self.book.places.values())

    def stands(self, item: Item) -> dict[Any, Review]:
        reviews = sorted(self.office.queue.reviews.values(), key=lambda one: (one.at_ms, one.revision))
        return {one.reviewer: one for one in reviews if one.item == item.id}

    def close(self) -> None:
        for tool in self._made:
            self.studio.loop.run(tool.close())


@pytest.fixture
def path(studio: Studio) -> Iterator[Path]:
    made = Path(studio)
    yield made
    made.close()


def tone(grade: int, comment: str = "") -> Any:
    return regions(load_rubric("tone"), SAMPLE, Filled(answers={"grade": str(grade)}, comment=comment))


OPINION = json.dumps({"value": 0.25, "label": "2", "passed": False, "why": "Cold."})


def test_from_a_push_with_a_prediction_to_a_withdrawal(path: Path, lead: Person, anne: Person, ben: Person) -> None:
    one, other = path.offer(2, opinion=OPINION, wanted=2)
    exchange = path.exchange()

    assert path.round(exchange).done == {What.PUSHED: 2}
    shown = lead.ask("GET", f"/api/tasks/{number(path.task(one))}")
    assert [(p["model_version"], p["result"]) for p in shown["predictions"]] == [("quality", tone(2))]
    assert shown["overlap"] == 2
    assert shown["data"]["answer"] == SAMPLE.output

    first = anne.annotate(path.task(one), tone(4, "Friendly."))
    ben.annotate(path.task(one), tone(1))
    skipped = ben.annotate(path.task(other), [], was_cancelled=True)
    assert path.round(exchange).done == {What.PULLED: 2, What.SKIPPED: 1}
    stands = path.stands(one)
    assert {who: review.answers for who, review in stands.items()} == {
        who_is(anne): {"grade": 4}, who_is(ben): {"grade": 1},
    }  # fmt: skip
    assert (stands[who_is(anne)].comment, stands[who_is(anne)].seconds) == ("Friendly.", 4.5)

    anne.correct(first, tone(5))
    ben.correct(skipped, tone(3), was_cancelled=False)
    found = path.round(exchange)
    assert found.done == {What.CORRECTED: 1, What.PULLED: 1}
    assert path.stands(one)[who_is(anne)].answers == {"grade": 5}

    anne.delete(first)
    assert path.round(exchange).done == {What.WITHDRAWN: 1}
    assert path.stands(one)[who_is(anne)].state is State.WITHDRAWN
    assert not path.round().done  # nor does a process that has just begun find anything new


def who_is(person: Person) -> object:
    return who(person.email.casefold())


def test_a_hidden_opinion_is_nowhere_in_label_studio(path: Path, lead: Person) -> None:
    (item,) = path.offer(opinion=OPINION)

    path.round(path.exchange(LABEL_STUDIO__PREDICTION="hidden"))

    shown = lead.ask("GET", f"/api/tasks/{number(path.task(item))}")
    assert shown["predictions"] == []
    assert "Cold." not in json.dumps(shown)


@pytest.mark.parametrize("name", shipped_rubrics())
def test_every_shipped_rubric_makes_a_form_that_comes_back(path: Path, anne: Person, name: str) -> None:
    rubric = load_rubric(name)
    opinion = json.dumps({"value": 1.0, "passed": True, "label": "5", "points": all_met(rubric)})
    (item,) = path.offer(opinion=opinion)
    exchange = path.exchange(name)
    assert path.round(exchange).done == {What.PUSHED: 1}
    fields = exchange.collect.form(item)
    answers = {one.name: one.options[0] for one in fields}

    anne.annotate(path.task(item), regions(rubric, SAMPLE, Filled(answers=answers)))

    assert path.round(exchange).done == {What.PULLED: 1}
    assert path.stands(item)[who_is(anne)].answers.keys() == answers.keys()
    assert version(rubric) in exchange.projects["quality"].mark


def all_met(rubric: Rubric) -> list[dict[str, object]]:
    names = getattr(rubric, "items", None) or ("c1", "c2")
    return [{"name": name, "value": 1.0} for name in names]


def test_a_crash_after_each_step_of_a_push_makes_nothing_twice(path: Path, lead: Person) -> None:
    items = path.offer(3)
    path.round()
    room = path.room()
    path.book.places.clear()  # killed after the push, before anything was noted down

    found = path.round()

    tasks = lead.ask("GET", f"/api/tasks?project={number(room)}&page_size=100")["tasks"]
    assert not found.done
    assert path.room() == room
    assert sorted(task["data"]["item"] for task in tasks) == sorted(str(item.id) for item in items)


def test_broken_annotations_are_told_and_stop_nothing(path: Path, anne: Person, ben: Person) -> None:
    one, other = path.offer(2, wanted=2)
    path.round()
    anne.annotate(path.task(one), [])
    wrong = {"from_name": "answer_grade", "to_name": "answer", "type": "choices", "value": {"choices": ["7"]}}
    ben.annotate(path.task(one), [wrong])
    ben.annotate(path.task(other), [*tone(3), {**wrong, "from_name": "mood"}])
    anne.annotate(path.task(other), tone(3))

    found = path.round()

    assert found.reasons == {"missing_field": 1, "unknown_choice": 1, "unknown_field": 1}
    assert found.done == {What.PULLED: 1}
    assert any("grade: needs one of 1, 2, 3, 4, 5, not '7'" in trouble.message for trouble in found.broken)


def test_a_project_that_was_deleted_by_hand_is_made_again(path: Path, lead: Person, anne: Person) -> None:
    one, other = path.offer(2)
    path.round()
    anne.annotate(path.task(one), tone(4))
    path.round()
    room = path.room()
    lead.drop(room)

    found = path.round()

    assert found.done == {What.PUSHED: 1}
    assert "was deleted" in found.remarks[0]
    assert "1 items are pushed into a new one; to stop that, unset label_studio.url" in found.remarks[0]
    assert path.stands(one)[who_is(anne)].state is State.DONE
    assert path.task(other).rpartition("/tasks/")[0] != room


def test_a_wrong_token_is_told_with_its_cure(path: Path) -> None:
    path.offer()
    path.token = "0" * 40

    with pytest.raises(Unavailable, match="legacy token") as refused:
        path.round()

    assert refused.value.refused
    assert "0" * 40 not in str(refused.value)


@contextmanager
def served(loop: Loop, app: FastAPI, port: int) -> Generator[None]:
    """An application, served on the loopback address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    running = asyncio.run_coroutine_threadsafe(server.serve(), loop.loop)
    wait_until(lambda: server.started, 30)
    yield
    server.should_exit = True
    running.result(30)


def test_something_else_than_label_studio_is_told(path: Path) -> None:
    path.offer()
    path.url = f"http://127.0.0.1:{(port := free_port())}"

    with served(path.studio.loop, FastAPI(), port), pytest.raises(Unavailable, match="URL of a Label Studio"):
        path.round()


def test_a_webhook_brings_what_people_do_at_once_and_polling_what_it_missed(
    path: Path, lead: Person, anne: Person
) -> None:
    (item,) = path.offer()
    port = free_port()
    path.webhook_url = f"http://127.0.0.1:{port}/hooks/label-studio"
    exchange = path.exchange()
    path.round(exchange)
    path.offer(2)
    path.round()  # which registers nothing twice
    known = lead.ask("GET", f"/api/webhooks/?project={number(path.room())}")
    assert [hook["url"] for hook in known] == [path.webhook_url]

    app = FastAPI()
    app.include_router(hooks(exchange, secret=SECRET))
    with served(path.studio.loop, app, port):
        annotation = anne.annotate(path.task(item), tone(4))
        wait_until(lambda: who_is(anne) in path.stands(item), 20)
        anne.correct(annotation, tone(5))
        wait_until(lambda: path.stands(item)[who_is(anne)].answers == {"grade": 5}, 20)
        anne.delete(annotation)
        wait_until(lambda: path.stands(item)[who_is(anne)].state is State.WITHDRAWN, 20)

    anne.annotate(path.task(item), tone(2))  # and nobody is there to be told

    assert path.round(exchange).done == {What.PULLED: 1}


def test_a_label_studio_that_stops_is_away_and_comes_back(path: Path, anne: Person) -> None:
    (item,) = path.offer()
    exchange = path.exchange()
    path.round(exchange)
    anne.annotate(path.task(item), tone(4))
    path.studio.stop()

    with pytest.raises(Unavailable, match="label_studio") as away:
        path.round(exchange)
    path.studio.start()

    assert not away.value.refused
    assert path.round(exchange).done == {What.PULLED: 1}
