"""A console in this process, with everything in memory, for a browser to look at."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvicorn

import monitor.judges
from monitor.adapters.memory import MemoryJudging, MemoryMeter, MemoryReviews
from monitor.console.app import create_console
from monitor.console.auth import hashed
from monitor.console.directory import Directory
from monitor.errors import Unavailable
from monitor.judges import Rubric, read_rubric, version
from monitor.model import Item, Reason, Review, Role, State, User
from monitor.pipeline.collect import Collect
from monitor.reviews import Desk, Rule, Rules
from tests.builders import make_settings

PASSWORD = "correct horse battery"
_FILES = Path(monitor.judges.__file__).parent / "rubrics"
RUBRICS: Mapping[str, Rubric] = {
    file.stem: read_rubric(file.read_text(), at=file.name) for file in _FILES.glob("*.yaml")
}


@cache
def _password() -> str:
    return hashed(PASSWORD)


@dataclass(slots=True)
class FickleReviews(MemoryReviews):
    """A queue that can be away."""

    away: bool = False

    async def record(self, reviews: Sequence[Review], /) -> None:
        if self.away:
            raise Unavailable("store", "it is away")
        await MemoryReviews.record(self, reviews)


@dataclass
class Hall:
    """A console that serves on a port of this machine."""

    reviews: FickleReviews = field(default_factory=FickleReviews)
    judging: MemoryJudging = field(default_factory=MemoryJudging)
    url: str = ""
    _count: int = 0

    def __post_init__(self) -> None:
        self._users = Directory(self.reviews)
        self.collect = Collect(
            desk=Desk(Rules()),
            rubrics=RUBRICS,
            versions={name: version(rubric) for name, rubric in RUBRICS.items()},
            queue=self.reviews,
            opinions=self.judging,
            rule=Rule.MAJORITY,
            leads=self._users.leads,
            clock=time.time,
            meter=MemoryMeter(),
        )

    def start(self) -> None:
        """Serve, in a thread of its own."""
        settings = make_settings(CONSOLE__SECRET="a secret that nobody knows, of a good length")
        app = create_console(settings, collect=self.collect, users=self._users, refresh_seconds=0.1)
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        until = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < until, "the console does not start"
            time.sleep(0.02)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)

    def reviewer(self, *apps: str, name: str = "") -> User:
        """Somebody who sees the items of some applications alone."""
        id = uuid4()
        name = name or f"reviewer {id.hex[:6]}"
        user = User(id=id, name=name, role=Role.REVIEWER, password_hash=_password(), apps=apps)
        self.reviews.users[id] = user
        return user

    def lay(self, app: str, judge: str = "helpfulness", *, reason: Reason = Reason.UNSURE, **said: Any) -> Item:
        """Lay an item on the desk."""
        self._count += 1
        item_said = {name: said.pop(name) for name in ("opinion", "verdict", "due_ms", "wanted") if name in said}
        if isinstance(item_said.get("opinion"), dict):
            item_said["opinion"] = json.dumps(item_said["opinion"])
        call = {"app": app, "model": "gpt-5-mini", "input": f"Question {self._count}?", "output": "An answer."} | said
        item = Item(
            id=uuid4(),
            sample=uuid4(),
            app=app,
            judge=judge,
            rubric=version(RUBRICS[judge]),
            payload=json.dumps(call),
            reason=reason,
            inclusion=0.1,
            created_ms=1_760_000_000_000 + self._count,
            **item_said,
        )
        self.reviews.items[item.id] = item
        return item

    def done(self, user: User) -> list[Review]:
        """The verdicts of a reviewer that count, the oldest first."""
        found = [one for reviews in list(self.collect.desk.reviews.values()) if (one := reviews.get(user.id))]
        return sorted((one for one in found if one.state is State.DONE), key=lambda one: one.at_ms)

    def stands(self, item: UUID) -> bool:
        return item in self.collect.desk.items
