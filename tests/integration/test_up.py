"""Everything on one machine: up, demo, and the commands that talk to what runs there."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from tests.integration.traffic import good, mixed
from tests.servers import wait_until

Evergauge = Callable[..., "subprocess.CompletedProcess[str]"]


class Up:
    """An ``evergauge up`` in a directory."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory, self.log = directory, directory / "up.log"
        self.options = options
        self.process = self.spawn()

    def spawn(self) -> "subprocess.Popen[bytes]":
        with self.log.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "monitor.cli.program", "up", *self.options],
                cwd=self.directory,
                stdout=output,
                stderr=output,
            )

    def wait(self) -> "Up":
        wait_until(lambda: "Ctrl-C" in self.text(), 90, self.text)
        return self

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


def evergauge(
    directory: Path, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", "monitor.cli.program", *arguments],
        cwd=directory,
        env={**os.environ, **(environment or {})},
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def send_and_wait(directory: Path, values: Iterator[bytes], total: int) -> None:
    sent = evergauge(directory, "send", "-", "--json", stdin=b"\n".join(values))
    assert sent.returncode == 0, sent.stderr

    def done() -> bool:
        status = evergauge(directory, "status", "--json")
        return status.returncode == 0 and json.loads(status.stdout)["records"] == total

    wait_until(done, 60)


def test_everything_runs_stops_in_order_and_goes_on_after_a_restart(up: Up, tmp_path: Path) -> None:
    up.wait()
    send_and_wait(tmp_path, mixed(500), 500)

    second = evergauge(tmp_path, "up")
    assert second.returncode == 2
    assert "another evergauge runs in this directory" in second.stderr

    children = up.children()
    assert {"java", "python"} <= {child.name().split("3")[0] for child in children}
    assert up.stop() == 0
    assert not [child for child in children if child.is_running()]

    up.process = up.spawn()
    up.wait()
    send_and_wait(tmp_path, good(100, start=500), 600)
    status = json.loads(evergauge(tmp_path, "status", "--json").stdout)
    assert status["adds_up"]
    assert status["workers"][0]["ready"]
    assert up.stop(signal.SIGTERM) == 0


def test_a_worker_that_dies_is_started_again_and_nobody_survives_a_kill_9(up: Up, tmp_path: Path) -> None:
    up.wait()
    worker = next(child for child in up.children() if child.cmdline()[-1] == "worker")

    worker.kill()
    wait_until(lambda: "worker-0 is back" in up.text(), 30, up.text)
    send_and_wait(tmp_path, good(100), 100)

    children = up.children()
    up.process.kill()
    up.process.wait()
    wait_until(lambda: not [child for child in children if child.is_running()], 5)

    up.process = up.spawn()  # the lock went with its owner
    up.wait()
    assert json.loads(evergauge(tmp_path, "status", "--json").stdout)["records"] == 100
    assert up.stop() == 0


def test_ports_that_are_taken_are_replaced(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8123))
            taken.listen()
        except OSError:
            pass  # somebody else has it, which is as good
        running = Up(tmp_path, "--workers", "0")
        try:
            running.wait()
            assert "http://127.0.0.1:8123 " not in running.text()
            assert running.stop() == 0
        finally:
            running.process.kill()


def test_ctrl_c_while_it_starts_leaves_nobody_behind(up: Up) -> None:
    wait_until(lambda: bool(up.children()), 30)
    children = up.children()

    up.stop()

    assert not [child for child in children if child.is_running()]


def test_the_demo_ends_by_itself_with_a_ledger_that_adds_up(tmp_path: Path) -> None:
    done = evergauge(tmp_path, "demo", "--for", "6", "--rate", "150")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "it adds up: every record is accounted for" in done.stdout
    assert "first sample scored after" in done.stderr


def test_the_demo_streams_a_file(tmp_path: Path) -> None:
    (tmp_path / "traffic.jsonl").write_bytes(b"\n".join(mixed(300)))

    done = evergauge(tmp_path, "demo", "--traffic", "traffic.jsonl", "--rate", "1000")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "records done       300" in done.stdout


def test_kafka_cannot_be_downloaded(tmp_path: Path) -> None:
    environment = {**os.environ, "EVERGAUGE_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    environment |= {name: "http://127.0.0.1:9" for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")}

    done = subprocess.run(
        [sys.executable, "-m", "monitor.cli.program", "up"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 3
    assert "cannot be downloaded" in done.stderr
    assert "EVERGAUGE_CACHE" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_directory_is_free_at_once_after_a_stop(up: Up, tmp_path: Path) -> None:
    up.wait()
    up.stop()
    began = time.monotonic()

    assert not (tmp_path / "data" / "running.json").exists()
    status = evergauge(tmp_path, "status")
    assert status.returncode == 3
    assert time.monotonic() - began < 60
