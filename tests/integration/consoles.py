"""A console for tests: the real application over the real store, or over one in memory."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from monitor.adapters.clickhouse import ClickHouseJudging, ClickHouseReviews, connect
from monitor.adapters.memory import MemoryMeter
from monitor.build import address, migrations
from monitor.build.console import build_console
from monitor.console.parts import Console
from monitor.errors import Unavailable
from monitor.model import Item, Opinion, Review, Role, User
from monitor.settings import Settings, load
from tests.servers import Servers

PASSWORD = "a password for tests"
HASH = PasswordHasher().hash(PASSWORD.encode())
SETTINGS = {
    "EVERGAUGE_CONSOLE__SECRET": "a key that is long enough for tests",
    "EVERGAUGE_ENDPOINTS__E__URL": "http://127.0.0.1:9",
    "EVERGAUGE_ENDPOINTS__E__MODEL": "m",
    "EVERGAUGE_JUDGES__QUALITY__RUBRIC": "safety",
    "EVERGAUGE_JUDGES__QUALITY__ENDPOINTS": '["e"]',
}


def settings_of(servers: Servers, **more: str) -> Settings:
    """Settings with tables of their own, which are there."""
    settings = load(None, {**servers.environment(), **SETTINGS, **more})
    migrations(settings).apply()
    return settings


def emptied(settings: Settings) -> None:
    """The same tables for another test: making them takes longer than most tests."""
    client = connect(address(settings))
    for table in ("review_items", "reviews", "users", "scores"):
        client.command(f"TRUNCATE TABLE {table}")
    client.close()


def make_user(name: str, role: Role = Role.REVIEWER, *, apps: tuple[str, ...] = (), **said: Any) -> User:
    ordinary: dict[str, Any] = {"id": uuid4(), "password_hash": HASH, "changed_ms": 1}
    return User(name=name, role=role, apps=apps, **(ordinary | said))


@dataclass
class Away:
    """A store that can be taken away."""

    reviews: ClickHouseReviews
    judging: ClickHouseJudging
    away: bool = False

    def check(self) -> None:
        if self.away:
            raise Unavailable("clickhouse", "connection refused")

    async def offer(self, items: Sequence[Item], /) -> None:
        self.check()
        await self.reviews.offer(items)

    async def record(self, reviews: Sequence[Review], /) -> None:
        self.check()
        await self.reviews.record(reviews)

    async def changes(self, since_ms: int, /) -> tuple[Sequence[Item], Sequence[Review]]:
        self.check()
        return await self.reviews.changes(since_ms)

    async def all(self) -> Sequence[User]:
        self.check()
        return await self.reviews.all()

    async def save(self, user: User, /) -> None:
        self.check()
        await self.reviews.save(user)

    async def write(self, opinions: Sequence[Opinion], /) -> None:
        self.check()
        await self.judging.write(opinions)

    async def control(self, controlled: Any, /) -> None:
        await self.judging.control(controlled)

    async def close(self) -> None:
        await self.reviews.close()
        await self.judging.close()


@dataclass
class Person:
    """Somebody with a browser."""

    client: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict[str, str])

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.client.request(method, path, headers={**self.headers, **more.pop("headers", {})}, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, **more: Any) -> httpx.Response:
        return await self.ask("POST", path, **more)

    async def take(self, **body: Any) -> dict[str, Any]:
        answer = await self.post("/api/items/take", **({"json": body} if body else {}))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def submit(self, item: str, verdict: str = "pass", **more: Any) -> httpx.Response:
        return await self.post(f"/api/items/{item}/submit", json={"answers": {"verdict": verdict}, **more})


@dataclass
class Running:
    """A console that runs, and who comes to it."""

    app: FastAPI
    store: Away
    settings: Settings

    @property
    def console(self) -> Console:
        return self.app.state.console

    def stranger(self, host: str = "127.0.0.1") -> Person:
        transport = httpx.ASGITransport(self.app, client=(host, 1234))
        return Person(httpx.AsyncClient(transport=transport, base_url="http://console"))

    async def person(self, name: str) -> Person:
        """Somebody who is logged in."""
        person = self.stranger()
        answer = await person.post("/api/login", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        person.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return person

    async def refresh(self) -> None:
        await self.console.users.refresh()
        await self.console.collect.refresh()

    async def lay(self, *lines: Mapping[str, Any], wanted: int = 1) -> None:
        lead = await self.person("lea")
        body = "\n".join(map(json.dumps, lines))
        answer = await lead.post(f"/api/items/import?judge=quality&wanted={wanted}", content=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["unreadable"] == 0


@asynccontextmanager
async def running(settings: Settings, *users: User) -> AsyncGenerator[Running]:
    """The console, with these people."""
    store = Away(ClickHouseReviews(address(settings)), ClickHouseJudging(address(settings)))
    await asyncio.gather(*map(store.save, users))
    app = build_console(settings, queue=store, users=store, opinions=store, meter=MemoryMeter())
    async with app.router.lifespan_context(app):
        yield Running(app, store, settings)
    await store.close()


def call(number: int, app: str = "shop", **more: Any) -> dict[str, Any]:
    said = {"id": f"call-{number}", "app": app, "input": f"Question {number}?", "output": f"Answer {number}."}
    return {**said, "timestamp": time.time(), **more}
