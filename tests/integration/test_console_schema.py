"""The API keeps to its own schema, whatever is sent: no error of ours, no answer that the schema does not know."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
import schemathesis
import uvicorn
from argon2 import PasswordHasher
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.generation.modes import GenerationMode

from monitor.adapters.memory import MemoryJudging, MemoryMeter, MemoryReviews
from monitor.build.console import build_console
from monitor.model import Role
from monitor.settings import load
from streams.embedded.children import free_port
from tests.integration.consoles import PASSWORD, SETTINGS, call, make_user

EXAMPLES = 8
BUSINESS = {"/api/login", "/api/token", "/api/items/{id}/submit", "/api/items/{id}/review", "/api/items/import"}
"""Where more is asked of a request than a schema can say: a password, the item's form, a judge's name."""


class Served:
    """The console in a thread, over a store in memory."""

    def __init__(self) -> None:
        store = MemoryReviews()
        asyncio.run(store.save(make_user("ada", Role.ADMIN)))
        self.app = build_console(
            load(None, SETTINGS), queue=store, users=store, opinions=MemoryJudging(), meter=MemoryMeter()
        )
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.app.state.console.auth.hasher = quick
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.server = uvicorn.Server(uvicorn.Config(self.app, port=port, log_level="error", ws="none"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)
        said = httpx.post(f"{self.url}/api/token", json={"name": "ada", "password": PASSWORD}).json()
        self.headers = {"Authorization": f"Bearer {said['token']}"}
        lines = "\n".join(json.dumps(call(n)) for n in range(200))
        httpx.post(f"{self.url}/api/items/import?judge=quality", content=lines, headers=self.headers)

    def an_item(self) -> str:
        """One that lies open before whoever asks."""
        return httpx.post(f"{self.url}/api/items/take", headers=self.headers).json()["summary"]["id"]

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=10)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    one = Served()
    yield one
    one.close()


def operations() -> dict[str, Any]:
    store = MemoryReviews()
    app = build_console(load(None, SETTINGS), queue=store, users=store, opinions=MemoryJudging(), meter=MemoryMeter())
    schema = cast(Any, schemathesis.openapi.from_dict(app.openapi()))
    found = [one.ok() for one in schema.get_all_operations()]
    return {f"{one.method.upper()} {one.path}": one for one in found}


OPERATIONS = operations()


RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
CASES = [
    *(pytest.param(one, RIGHT, False, id=name) for name, one in OPERATIONS.items()),
    *(pytest.param(one, RIGHT, True, id=f"{name}, known") for name, one in OPERATIONS.items() if "/items/{id}" in name),
    # Whatever is imported is read line by line, so there is no wrong body.
    *(pytest.param(one, WRONG, False, id=f"{name}, wrong") for name, one in OPERATIONS.items() if "import" not in name),
]


@schemathesis.serializer("application/x-ndjson")
def as_lines(_: schemathesis.SerializationContext, value: object) -> bytes:
    return str(value).encode(errors="replace")


@pytest.mark.parametrize(("operation", "mode", "known"), CASES)
def test_it_keeps_to_its_schema(served: Served, operation: Any, mode: GenerationMode, known: bool) -> None:
    accepted = cast(Any, checks).CHECKS.get_one("positive_data_acceptance")
    excluded = [accepted] if operation.path in BUSINESS else []
    headers = {} if operation.path in {"/api/login", "/api/token"} else served.headers

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    def holds(case: Any) -> None:
        if known:
            case.path_parameters["id"] = str(UUID(served.an_item()))
        case.call_and_validate(base_url=served.url, headers=headers, excluded_checks=excluded)

    holds()


def test_nothing_below_the_api_is_left_out() -> None:
    assert set(OPERATIONS) >= {
        "POST /api/login",
        "GET /api/items",
        "PUT /api/items/{id}/review",
        "PATCH /api/users/{id}",
    }
    assert len(OPERATIONS) == 18
