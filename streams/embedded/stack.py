"""Everything on one machine: Kafka, the store, workers; one directory, one owner, no survivors."""

import asyncio
import fcntl
import json
import os
import secrets
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import BufferedRandom
from pathlib import Path

from monitor.build import migrations
from monitor.cli.main import RUNNING
from monitor.errors import InvalidConfig
from monitor.settings import Settings, load
from streams import topics

from .children import Child, Children, Tell, free_port, listening
from .kafka import Broker, Progress

KAFKA_PORT, CONTROLLER_PORT, STORE_PORT, WEB_PORT, METRICS_PORT = 9092, 9093, 8123, 6066, 9464
JUDGE_PORT, CONSOLE_PORT = 8484, 8080
_STAND_IN = json.dumps({"latency_ms": 300, "latency_sigma": 0.4, "sensitivity": 0.85, "specificity": 0.95})
"""How the stand-in judges: as one that is mostly right."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Passwords of the store's two users, made once for a directory."""

    writer: str
    reader: str
    user_secret: str
    """Key of the hash that stands for a user in the store."""
    console: str
    """Signs the sessions of the console."""

    @classmethod
    def of(cls, directory: Path) -> "Accounts":
        """The directory's passwords, made if there are none."""
        file = directory / "secrets.json"
        kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        made = {name: kept.get(name) or secrets.token_urlsafe(24) for name in cls.__slots__}
        if made != kept:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
                json.dump(made, opened)
        return cls(**made)

    def lines(self) -> str:
        """What the store reads when it starts."""
        return json.dumps([["writer", self.writer, "writer"], ["reader", self.reader, "reader"]]) + "\n"


@dataclass(slots=True)
class Stack:
    """The embedded servers of one data directory."""

    data: Path
    tell: Tell
    config: Path | None = None
    workers: int = 1
    judges: bool = False
    """Whether samples are judged: by a stand-in, where the settings name no endpoint."""
    download_progress: Progress | None = None
    environment: dict[str, str] = field(default_factory=dict[str, str])
    """How to reach it all, for our children and for commands in other terminals."""
    addresses: dict[str, str] = field(default_factory=dict[str, str])
    """What a person may want to look at."""
    web_ports: list[int] = field(default_factory=list[int])
    metrics_ports: list[int] = field(default_factory=list[int])
    children: Children = field(init=False)
    _lock: BufferedRandom | None = None

    def __post_init__(self) -> None:
        self.data = self.data.resolve()
        self.children = Children(self.data / "logs", self.tell)

    async def start(self) -> None:
        """Start everything, in order; each part is ready before the next one begins.

        Raises:
            InvalidConfig: the settings are wrong, or the directory is in use.
            Unavailable: a part did not start; its log says why.
        """
        said = load(self.config)  # refuse before anything is touched
        self._take_directory()
        try:
            await self._start_kafka()
            await self._start_store()
            if self.judges and not said.judges:
                await self._start_judge()
            self._announce()
            settings = self.settings()
            await asyncio.to_thread(topics.create, settings)
            await asyncio.to_thread(migrations(settings).apply)
            for number in range(self.workers):
                await self.add_worker(number)
            if settings.judges:
                await self.add_worker(self.workers, role="grade")
                await self._start_console()
            self._announce()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything in the opposite order, and let the directory go."""
        await self.children.stop()
        with suppress(FileNotFoundError):
            (self.data / RUNNING).unlink()
        if self._lock:
            self._lock.close()
            self._lock = None

    def settings(self) -> Settings:
        """The settings, pointing at these servers."""
        return load(self.config, {**os.environ, **self.environment})

    def _take_directory(self) -> None:
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            lock = (self.data / "lock").open("a+b")
        except OSError as error:
            raise InvalidConfig({"--data": f"{self.data} cannot be used: {error.strerror}"}) from error
        try:
            self._lock_within(lock, seconds=1.0)
        except BlockingIOError as error:
            lock.close()
            raise InvalidConfig(
                {str(self.data): "another evergauge runs in this directory; stop it, or name another with --data"}
            ) from error
        self._lock = lock

    @staticmethod
    def _lock_within(lock: BufferedRandom, *, seconds: float) -> None:
        """Commands look at the lock for a moment; whoever holds it longer is another of us."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    async def _start_kafka(self) -> None:
        broker = Broker(
            directory=self.data / "kafka", port=free_port(KAFKA_PORT), controller_port=free_port(CONTROLLER_PORT)
        )
        self.tell("starting Kafka")
        await self.children.start(await asyncio.to_thread(broker.child, self.download_progress))
        self.environment["EVERGAUGE_KAFKA__BOOTSTRAP_SERVERS"] = broker.address
        self.addresses["Kafka"] = broker.address

    async def _start_store(self) -> None:
        accounts, port = Accounts.of(self.data), free_port(STORE_PORT)
        self.tell("starting the store")
        command = [sys.executable, "-m", "streams.embedded.store", str(self.data / "store"), "--port", str(port)]
        await self.children.start(
            Child(name="store", command=command, stdin=accounts.lines(), ready=lambda: listening(port))
        )
        self.environment |= {
            "EVERGAUGE_CLICKHOUSE__URL": f"http://127.0.0.1:{port}",
            "EVERGAUGE_CLICKHOUSE__USER": "writer",
            "EVERGAUGE_CLICKHOUSE__PASSWORD": accounts.writer,
            "EVERGAUGE_SAMPLES__USER_SECRET": accounts.user_secret,
            "EVERGAUGE_CONSOLE__SECRET": accounts.console,
        }
        self.addresses["ClickHouse"] = f"http://127.0.0.1:{port} (read with user reader, password {accounts.reader})"

    async def _start_judge(self) -> None:
        """A judge for those who have none: an endpoint that was named for us, or the stand-in."""
        url = os.environ.get("EVERGAUGE_JUDGE_URL", "")
        if not url:
            port = free_port(JUDGE_PORT)
            self.tell("starting a stand-in for a judge: no model is asked")
            command = [sys.executable, "-m", "streams.embedded.judge", "--port", str(port), "--behaviour", _STAND_IN]
            await self.children.start(Child(name="judge", command=command, ready=lambda: listening(port)))
            url = f"http://127.0.0.1:{port}/v1"
        self.environment |= {
            "EVERGAUGE_ENDPOINTS__JUDGE__URL": url,
            "EVERGAUGE_ENDPOINTS__JUDGE__MODEL": os.environ.get("EVERGAUGE_JUDGE_MODEL", "stand-in"),
            "EVERGAUGE_ENDPOINTS__JUDGE__KEY": os.environ.get("EVERGAUGE_JUDGE_KEY", ""),
            "EVERGAUGE_JUDGES__HELPFULNESS__RUBRIC": "helpfulness",
            "EVERGAUGE_JUDGES__HELPFULNESS__ENDPOINTS": "judge",
            "EVERGAUGE_DEFAULT__JUDGES": "helpfulness",
            "EVERGAUGE_DEFAULT__REVIEWS": "{ control = 0.05, unsure = 0.5, disagree = 0.2 }",
        }
        self.addresses["Judge"] = url

    async def _start_console(self) -> None:
        """The web console, where its packages are installed."""
        if find_spec("nicegui") is None:
            return
        port = free_port(CONSOLE_PORT)
        self.tell("starting the console")
        command = [sys.executable, "-m", "monitor.cli.program", *self._config_option(), "console"]
        self.environment |= {"EVERGAUGE_CONSOLE__PORT": str(port)}
        await self.children.start(
            Child(
                name="console",
                command=command,
                environment={**self.environment, "EVERGAUGE_DATA": str(self.data)},
                ready=lambda: listening(port),
            )
        )
        self.addresses["Console"] = f"http://127.0.0.1:{port}  (log in: evergauge user add NAME --role admin)"

    async def add_worker(self, number: int, *, role: str = "evaluate") -> None:
        """Start one more worker and wait until it is up."""
        web, metrics = free_port(WEB_PORT + number), free_port(METRICS_PORT + number)
        name = f"worker-{number}" if role == "evaluate" else f"{role}-{number}"
        self.tell(f"starting {name}")
        await self.children.start(
            Child(
                name=name,
                command=[sys.executable, "-m", "monitor.cli.program", *self._config_option(), "worker"],
                environment={
                    **self.environment,
                    "EVERGAUGE_WORKER__NAME": name,
                    "EVERGAUGE_WORKER__ROLE": role,
                    "EVERGAUGE_WORKER__WEB_PORT": str(web),
                    "EVERGAUGE_WORKER__METRICS_PORT": str(metrics),
                    "EVERGAUGE_DATA": str(self.data),
                },
                ready=lambda: listening(web),
            )
        )
        self.web_ports.append(web)
        self.metrics_ports.append(metrics)
        self.addresses[name] = f"health http://127.0.0.1:{web}/ready  metrics http://127.0.0.1:{metrics}/metrics"

    def _config_option(self) -> list[str]:
        return ["--config", str(self.config.resolve())] if self.config else []

    def _announce(self) -> None:
        file = self.data / RUNNING
        running = {"environment": self.environment, "web_ports": self.web_ports, "metrics_ports": self.metrics_ports}
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
            json.dump(running, opened)
