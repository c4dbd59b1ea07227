"""What the review queue takes: 50 reviewers at once, through the real API, over the real store.

The console, the store and the reviewers are processes of their own on this machine. A reviewer takes an item, thinks
for two seconds, which is faster than people can read, and submits; every twentieth item is skipped, every tenth
verdict is sent twice at the same moment, as an impatient click does. Afterwards the rows in the store say who had what
when. There is nothing that it is compared with: Label Studio's queue was not to be had in the same run.
"""

import asyncio
import json
import os
import random
import secrets
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from statistics import quantiles
from uuid import UUID, uuid4

import aiohttp

from benchmarks.harness import Figure, arguments, cpu_seconds, endless, report
from monitor.adapters.clickhouse import ClickHouseReviews, connect
from monitor.build import address, migrations
from monitor.cli.show import news
from monitor.console.passwords import hashed
from monitor.model import Review, Role, State, User
from monitor.settings import Settings, load
from streams.embedded.children import Child, Children, free_port, listening
from streams.embedded.stack import Accounts

PASSWORD = secrets.token_urlsafe()
SKIPPED, TWICE = 0.05, 0.1
WITHIN = 100.0
"""Milliseconds in which 95 of 100 requests should be answered."""


@dataclass(slots=True)
class Place:
    """A store and a console of this run's own."""

    children: Children
    settings: Settings
    environment: dict[str, str]
    url: str = ""

    async def console(self) -> None:
        """Start the console, anew where one runs already: it knows nothing but what is durable."""
        if self.url:
            await self.children.end("console")
        port = free_port()
        command = [sys.executable, "-m", "monitor.cli.program", "--config", os.devnull, "console", "--port", str(port)]
        child = Child(name="console", command=command, environment=self.environment, ready=lambda: listening(port))
        await self.children.start(child)
        self.url = f"http://127.0.0.1:{port}"

    def used(self) -> tuple[float, float]:
        """CPU seconds of console and store so far."""
        console, store = (cpu_seconds(self.children.process_id(name)) for name in ("console", "store"))
        return console, store


@asynccontextmanager
async def place() -> AsyncGenerator[Place]:
    """A store in a directory that is thrown away, with its tables."""
    with tempfile.TemporaryDirectory(prefix="evergauge-bench-") as name:
        directory = Path(name)
        children, port = Children(directory / "logs", lambda said: news.print(f"[dim]· {said}[/]")), free_port()
        accounts = Accounts.of(directory)
        command = [sys.executable, "-m", "streams.embedded.store", str(directory / "store"), "--port", str(port)]
        store = Child(name="store", command=command, stdin=accounts.lines(), ready=lambda: listening(port))
        environment = {
            "EVERGAUGE_CLICKHOUSE__URL": f"http://127.0.0.1:{port}",
            "EVERGAUGE_CLICKHOUSE__USER": "writer",
            "EVERGAUGE_CLICKHOUSE__PASSWORD": accounts.writer,
            "EVERGAUGE_SAMPLES__USER_SECRET": accounts.user_secret,
            "EVERGAUGE_CONSOLE__SECRET": secrets.token_urlsafe(),
            "EVERGAUGE_ENDPOINTS__E__URL": "http://127.0.0.1:9",
            "EVERGAUGE_ENDPOINTS__E__MODEL": "none",
            "EVERGAUGE_JUDGES__SAFE__RUBRIC": "safety",
            "EVERGAUGE_JUDGES__SAFE__ENDPOINTS": '["e"]',
        }
        try:
            await children.start(store)
            settings = load(None, environment)
            await asyncio.to_thread(migrations(settings).apply)
            yield Place(children, settings, environment)
        finally:
            await children.stop()


@dataclass(slots=True)
class Reviewer:
    """Somebody who reviews as fast as they are let."""

    session: aiohttp.ClientSession
    token: str
    think: float
    chance: random.Random
    took: defaultdict[str, list[float]]
    """Milliseconds, by what was asked."""
    given: list[str] = field(default_factory=list[str])
    answers: Counter[str] = field(default_factory=Counter[str])

    async def work(self) -> None:
        """Until nothing is left for them."""
        await asyncio.sleep(self.chance.uniform(0, self.think))  # nobody arrives with everybody else
        while (item := await self.take()) is not None:
            self.given.append(item)
            await asyncio.sleep(self.think * self.chance.uniform(0.5, 1.5))
            if self.chance.random() < SKIPPED:
                await self.ask("skip", f"/api/items/{item}/skip", {"reason": "not my field"})
                continue
            verdict = {"answers": {"verdict": self.chance.choice(["pass", "fail"])}, "comment": "By and large."}
            twice = 1 + (self.chance.random() < TWICE)
            done = (self.ask("submit", f"/api/items/{item}/submit", verdict) for _ in range(twice))
            for status, _ in await asyncio.gather(*done):
                self.answers[f"submit {status}"] += 1

    async def take(self) -> str | None:
        """The next item; None when everything is done."""
        while True:
            status, body = await self.ask("take", "/api/items/take", {})
            if status == 200:
                return str(body["summary"]["id"])
            _, far = await self.ask("progress", "/api/progress")
            if not any(far["left"].values()) or self.answers["nothing for me"] > 20:
                return None
            self.answers["nothing for me"] += 1  # others are at the last ones
            await asyncio.sleep(0.25)

    async def ask(self, what: str, path: str, body: object = None) -> tuple[int, dict[str, dict[str, int]]]:
        """One request, and how long it took."""
        begun = time.perf_counter()
        headers = {"Authorization": f"Bearer {self.token}"}
        method = "GET" if body is None else "POST"
        async with self.session.request(method, path, json=body, headers=headers) as answer:
            found = await answer.json()
        self.took[what].append(1e3 * (time.perf_counter() - begun))
        return answer.status, found


async def token(session: aiohttp.ClientSession, name: str) -> str:
    async with session.post("/api/token", json={"name": name, "password": PASSWORD}) as answer:
        return str((await answer.json())["token"])


async def lay(session: aiohttp.ClientSession, items: int, wanted: int) -> float:
    """Import samples through the API; the seconds that it took."""
    body = b"\n".join(line for line, _ in zip(endless(ARGS.traffic), range(items), strict=False))
    body = b"\n".join(_distinct(line, number) for number, line in enumerate(body.split(b"\n")))
    begun = time.perf_counter()
    headers = {"Authorization": f"Bearer {await token(session, 'lead')}"}
    path = f"/api/items/import?judge=safe&wanted={wanted}"
    async with session.post(path, data=body, headers=headers) as answer:
        found = await answer.json()
    if found.get("laid") != items:
        raise SystemExit(f"the import failed: {found}")
    return time.perf_counter() - begun


def _distinct(line: bytes, number: int) -> bytes:
    """Texts of its own: equal ones would be one item."""
    sample = json.loads(line)
    return json.dumps({**sample, "output": f"{sample.get('output') or ''} ({number})"}).encode()


@dataclass(slots=True)
class Truth:
    """What the rows in the store say, read by nobody but us."""

    wanted: int
    items: set[UUID]
    steps: Sequence[Review]
    scores: int
    """Those that several verdicts come to."""

    def too_many(self) -> int:
        """Items that more people had at once than were wanted."""
        at: defaultdict[UUID, dict[UUID, Review]] = defaultdict(dict)
        bad: set[UUID] = set()
        for now_ms, steps in groupby(self.steps, key=lambda one: one.at_ms):
            changed = list(steps)  # of one millisecond nobody knows the order
            for step in changed:
                at[step.item][step.reviewer] = step
            bad |= {step.item for step in changed if _held(at[step.item].values(), now_ms) > self.wanted}
        return len(bad)

    def incomplete(self) -> int:
        """Items that do not have exactly as many verdicts as were wanted."""
        newest = {(step.item, step.reviewer): step for step in self.steps}
        done = Counter(item for (item, _), step in newest.items() if step.state is State.DONE)
        return sum(done[item] != self.wanted for item in self.items)


def _held(reviews: Iterable[Review], now_ms: int) -> int:
    live = (one.state is State.DONE or (one.state is State.OPENED and one.until_ms > now_ms) for one in reviews)
    return sum(live)


async def truth(settings: Settings, wanted: int) -> Truth:
    store = ClickHouseReviews(address(settings))
    items, steps = await store.changes(0)
    await store.close()
    question = "SELECT count() FROM scores FINAL WHERE by = toUUID('00000000-0000-0000-0000-000000000000')"
    rows = await asyncio.to_thread(lambda: connect(address(settings)).query(question).result_rows)
    ordered = sorted(steps, key=lambda one: (one.at_ms, one.revision))
    return Truth(wanted, {item.id for item in items if item.wanted == wanted}, ordered, int(rows[0][0]))


async def round_of(where: Place, wanted: int, think: float) -> list[Figure]:
    """Everything reviewed once, and what the store says of it."""
    people = [f"reviewer{number}" for number in range(ARGS.reviewers)]
    await fresh(where, people)
    took: defaultdict[str, list[float]] = defaultdict(list)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(where.url, connector=connector) as session:
        importing = await lay(session, ARGS.items, wanted)
        tokens = [await token(session, name) for name in people]
        reviewers = [
            Reviewer(session, one, think, random.Random(f"{wanted}/{n}"), took) for n, one in enumerate(tokens)
        ]
        begun, used = time.perf_counter(), where.used()
        await asyncio.gather(*(reviewer.work() for reviewer in reviewers))
        seconds = time.perf_counter() - begun
        console, store = (now - then for now, then in zip(where.used(), used, strict=True))
    found = await truth(where.settings, wanted)
    repeated = sum(len(reviewer.given) - len(set(reviewer.given)) for reviewer in reviewers)
    refused = sum(n for one in reviewers for what, n in one.answers.items() if what not in _GOOD)
    rate = len(took["submit"]) / seconds
    name = f"{wanted} wanted, {f'{think:g} s to think' if think else 'no time to think'}"
    return [
        Figure(f"{name}: verdicts", rate, "requests/s"),
        *(one for what in ("take", "submit") for one in _latency(what, took[what], bound=bool(think))),
        Figure("  skip, 95th percentile", _percentile(took["skip"], 95), "ms"),
        Figure("  CPU of the console", 1e3 * console / len(took["submit"]), "ms a verdict"),
        Figure("  CPU of the store", 1e3 * store / len(took["submit"]), "ms a verdict"),
        Figure("  load of the machine", os.getloadavg()[0] / (os.cpu_count() or 1), "a core"),
        Figure("  import of all items", importing, "s"),
        Figure("  items with too many people at once", found.too_many(), "items", "0", not found.too_many()),
        Figure("  items without all verdicts, or with more", found.incomplete(), "items", "0", not found.incomplete()),
        Figure("  items given twice to a reviewer", repeated, "items", "0", not repeated),
        Figure("  verdicts refused", refused, "requests", "0", not refused),
        Figure("  scores of all items", found.scores, "items", f"{ARGS.items:,}", found.scores == ARGS.items),
    ]


_GOOD = frozenset({"submit 200", "nothing for me"})


async def fresh(where: Place, people: Sequence[str]) -> None:
    """Empty tables but for the people, and a console that begins."""
    client = await asyncio.to_thread(connect, address(where.settings))
    for table in ("review_items", "reviews", "scores", "users"):
        await asyncio.to_thread(client.command, f"TRUNCATE TABLE {table}")
    store = ClickHouseReviews(address(where.settings))
    kept = hashed(PASSWORD)
    for name in (*people, "lead"):
        role = Role.LEAD if name == "lead" else Role.REVIEWER
        await store.save(User(id=uuid4(), name=name, role=role, password_hash=kept, changed_ms=1))
    await store.close()
    await where.console()


def _latency(what: str, took: Sequence[float], *, bound: bool) -> list[Figure]:
    at_95 = _percentile(took, 95)
    wanted = (f"< {WITHIN:g}", at_95 < WITHIN) if bound else ("", None)
    return [
        Figure(f"  {what}, median", _percentile(took, 50), "ms"),
        Figure(f"  {what}, 95th percentile", at_95, "ms", *wanted),
        Figure(f"  {what}, 99th percentile", _percentile(took, 99), "ms"),
        Figure(f"  {what}, slowest", max(took), "ms"),
    ]


def _percentile(took: Sequence[float], percent: int) -> float:
    return quantiles(took, n=100)[percent - 1] if len(took) > 1 else max(took, default=0.0)


async def measure() -> list[Figure]:
    """With time to think, for one and for two verdicts an item; then as fast as it goes."""
    async with place() as where:
        figures: list[Figure] = []
        for wanted, think in ((1, ARGS.think), (2, ARGS.think), (1, 0.0)):
            figures += await round_of(where, wanted, think)
        return figures


def main() -> None:
    """Measure, print, and write."""
    figures = asyncio.run(measure())
    report(
        "review queue",
        figures,
        ARGS.json,
        reviewers=ARGS.reviewers,
        items=ARGS.items,
        compared_with="nothing",
        nice=os.nice(0),
    )


if __name__ == "__main__":
    ARGS = arguments(__doc__, items=2_000, reviewers=50, think=2.0)
    main()
