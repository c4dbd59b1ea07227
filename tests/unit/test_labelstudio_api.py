"""Whose fault it is when Label Studio does not do what we ask."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from monitor.adapters import labelstudio_api
from monitor.adapters.labelstudio import LabelStudio, LabelStudioAddress
from monitor.errors import Gone, InvalidRecord, Unavailable
from monitor.model import Project, Task
from streams.embedded.children import free_port

TASK = Task(item=UUID(int=1), data={"answer": "x"})


@dataclass
class Pretender:
    """Answers whatever it was told to."""

    status: int = 200
    body: bytes = b"{}"
    seconds: float = 0.0

    async def answer(self, _: web.Request) -> web.Response:
        await asyncio.sleep(self.seconds)
        return web.Response(status=self.status, body=self.body, headers={"Location": "http://127.0.0.1:9/"})


@pytest.fixture
async def pretender() -> Pretender:
    return Pretender()


@pytest.fixture
async def tool(pretender: Pretender) -> AsyncIterator[LabelStudio]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", pretender.answer)
    async with TestServer(app, host="127.0.0.1") as server:
        made = LabelStudio(LabelStudioAddress(url=str(server.make_url("")).rstrip("/"), token="t0ken", timeout=0.5))
        yield made
        await made.close()


@pytest.mark.parametrize(
    ("status", "body", "refused", "message"),
    [
        (401, b"{}", True, "legacy token"),
        (403, b"{}", True, "legacy token"),
        (500, b"it broke", False, "failed (500): it broke"),
        (429, b"slowly", False, "failed (429): slowly"),
        (302, b"", False, "failed (302)"),
        (200, b"<html>", False, "is the URL right?"),
        (200, b'{"total": "many", "tasks": []}', False, "is the URL right?"),
        (200, b'{"total": 1, "tasks": [{"id": "\xff"}]}', False, "is the URL right?"),
    ],
)
async def test_it_is_away_for_a_reason(
    tool: LabelStudio, pretender: Pretender, status: int, body: bytes, refused: bool, message: str
) -> None:
    pretender.status, pretender.body = status, body

    with pytest.raises(Unavailable) as away:
        await tool.look(f"{tool.address.url}/projects/1")

    assert away.value.refused is refused
    assert message in str(away.value)
    assert "t0ken" not in f"{away.value} {tool!r}"


async def test_it_takes_too_long(tool: LabelStudio, pretender: Pretender) -> None:
    pretender.seconds = 1.0

    with pytest.raises(Unavailable, match=r"no reply within 0\.5 s"):
        await tool.look(f"{tool.address.url}/projects/1")


async def test_it_says_too_much(tool: LabelStudio, pretender: Pretender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelstudio_api, "_LARGEST", 1000)
    pretender.body = b" " * 2000

    with pytest.raises(Unavailable, match="more than 1,000 bytes"):
        await tool.look(f"{tool.address.url}/projects/1")


async def test_nobody_listens() -> None:
    tool = LabelStudio(LabelStudioAddress(url=f"http://127.0.0.1:{free_port()}", token="t"))

    with pytest.raises(Unavailable, match="label_studio") as away:
        await tool.look("x/projects/1")
    await tool.close()

    assert not away.value.refused


async def test_a_project_that_is_not_there_is_gone(tool: LabelStudio, pretender: Pretender) -> None:
    pretender.status = 404

    with pytest.raises(Gone):
        await tool.look(f"{tool.address.url}/projects/1")
    await tool.remove(f"{tool.address.url}/projects/1", f"{tool.address.url}/projects/1/tasks/1")


async def test_where_there_are_no_projects_at_all_it_is_the_wrong_url(tool: LabelStudio, pretender: Pretender) -> None:
    pretender.status = 404

    with pytest.raises(Unavailable, match="URL of a Label Studio"):
        await tool.open(Project(title="T", mark="m", form="<View/>"))


async def test_what_it_does_not_take_is_our_fault(tool: LabelStudio, pretender: Pretender) -> None:
    pretender.status, pretender.body = 400, b'{"detail": "Validation error"}'

    with pytest.raises(InvalidRecord, match="Validation error"):
        await tool.push(f"{tool.address.url}/projects/1", [TASK])


async def test_an_import_that_loses_tasks_is_not_believed(tool: LabelStudio, pretender: Pretender) -> None:
    pretender.body = b'{"task_ids": []}'

    with pytest.raises(Unavailable, match="given 1 tasks"):
        await tool.push(f"{tool.address.url}/projects/1", [TASK])
