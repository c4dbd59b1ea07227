"""A console in this process, with everything in memory, for a browser to look at."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvicorn

import monitor.judges
from monitor.adapters.memory import MemoryJudging, MemoryMeter, MemoryReviews
from monitor.console.app import create_console
from monitor.console.auth import hashed
from monitor.console.directory import Directory
from monitor.judges import Rubric, read_rubric, version
from monitor.model import Item, Reason, Review, Role, State, User
from monitor.pipeline.collect import Collect
from monitor.reviews import Desk, Rule, Rules
from monitor.settings import Settings
from tests.builders import make_settings

PASSWORD = "correct horse battery"
_FILES = Path(monitor.judges.__file__).parent / "rubrics"
RUBRICS: Mapping[str, Rubric] = {file.stem: read_rubric(file.read_text(), at=file.name) for file in _FILES.glob("*.yaml")}


@dataclass
class Hall:
    """A console that serves on a port of this machine."""

    reviews: MemoryReviews = field(default_factory=MemoryReviews)
    judging: MemoryJudging = field(default_factory=MemoryJudging)
    url: str = ""
    _password: str = field(default_factory=lambda: hashed(PASSWORD))
    _count: int = 0

    def __post_init__(self) -> None:
        settings: Settings = make_settings(CONSOLE__SECRET="a secret that nobody knows, of a good length")
        users = Directory(self.reviews)
        self.collect = Collect(
            desk=Desk(Rules()),
            rubrics=RUBRICS,
            versions={name: version(rubric) for name, rubric in RUBRICS.items()},
            queue=self.reviews,
            opinions=self.judging,
            rule=Rule.MAJORITY,
            leads=users.leads,
            clock=time.time,
            meter=MemoryMeter(),
        )
        app = create_console(settings, collect=self.collect, users=users, refresh_seconds=0.1)
        config = uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def start(self) -> None:
        self._thread.start()
        until = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < until, "the console does not start"
            time.sleep(0.02)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)

    def reviewer(self, app: str) -> User:
        """Somebody who sees the items of one application alone."""
        user = User(
            id=uuid4(), name=f"reviewer of {app}", role=Role.REVIEWER, password_hash=self._password, apps=(app,)
        )
        self.reviews.users[user.id] = user
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

    def said(self, item: Item, user: User) -> Review | None:
        """What a reviewer did with an item last."""
        return self.collect.desk.mine(item.id, user.id)

    def done(self, user: User) -> list[Review]:
        """The verdicts of a reviewer that count, the oldest first."""
        found = [one for reviews in list(self.collect.desk.reviews.values()) if (one := reviews.get(user.id))]
        return sorted((one for one in found if one.state is State.DONE), key=lambda one: one.at_ms)

    def stands(self, item: UUID) -> bool:
        return item in self.collect.desk.items
