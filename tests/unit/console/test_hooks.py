"""Where Label Studio calls: only who knows the secret makes us look, and nobody waits for it."""

import json

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from monitor.console.hooks import hooks
from monitor.model import State
from tests.unit.test_exchange import ANNE, SECRET, World, call, pushed, said, who


def client(world: World) -> AsyncClient:
    app = FastAPI()
    app.include_router(hooks(world.exchange(), secret=SECRET))
    return AsyncClient(transport=ASGITransport(app), base_url="http://console")


@pytest.mark.parametrize(
    ("given", "body", "status"),
    [("wrong", b"{}", 403), ("", b"{}", 403), (SECRET, b"rubbish", 422), (SECRET, b"[]", 422)],
)
async def test_whoever_is_not_label_studio_is_refused(given: str, body: bytes, status: int) -> None:
    async with client(World()) as caller:
        answer = await caller.post("/hooks/label-studio", content=body, headers={"X-Evergauge-Secret": given})

    assert answer.status_code == status
    assert SECRET not in answer.text


async def test_a_call_is_answered_and_looked_at() -> None:
    world = await pushed()
    task = world.task()
    world.tool.annotate(task, ANNE, said())

    async with client(world) as caller:
        answer = await caller.post(
            "/hooks/label-studio", content=call(task), headers={"X-Evergauge-Secret": SECRET}
        )  # fmt: skip

    assert answer.status_code == 202
    assert world.states() == {who(ANNE): State.DONE}


async def test_a_store_that_is_away_is_no_failure_of_the_call() -> None:
    world = await pushed()
    world.fate.at = world.fate.calls + 1

    async with client(world) as caller:
        answer = await caller.post(
            "/hooks/label-studio",
            content=json.dumps({"project": {"id": 1}}),
            headers={"X-Evergauge-Secret": SECRET},
        )

    assert answer.status_code == 202
