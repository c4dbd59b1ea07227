"""A Label Studio in an environment of its own, and people who work in it."""

import fcntl
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from streams.embedded.children import Child, Children, free_port, listening
from streams.embedded.kafka import cache_directory
from tests.servers import Loop

PACKAGE = "label-studio==1.23.2"
LEAD, LEAD_TOKEN = "lead@example.com", "0123456789abcdef0123456789abcdef01234567"
PASSWORD = "only-for-these-tests"


def installed() -> Path:
    """Its program, installed once; whoever comes meanwhile waits for that."""
    where = cache_directory() / PACKAGE.replace("==", "-")
    where.parent.mkdir(parents=True, exist_ok=True)
    ready, python = where / "ready", where / "bin" / "python"
    with where.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            started = time.monotonic()
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(where)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", "uv"], check=True)
            # uv takes seconds for what takes pip minutes; its own cache would double the 850 MB.
            install = [str(where / "bin" / "uv"), "pip", "install", "--quiet", "--no-cache", "--python", str(python)]
            subprocess.run([*install, PACKAGE], check=True)
            ready.write_text(f"{PACKAGE}, {time.monotonic() - started:.0f} s\n")
    return where / "bin" / "label-studio"


@dataclass
class Studio:
    """The server, which can be stopped and started again."""

    directory: Path
    port: int = field(default_factory=free_port)
    loop: Loop = field(default_factory=Loop)
    started_within: float = 0.0

    def __post_init__(self) -> None:
        self.program = installed()
        self.children = Children(self.directory / "logs", lambda _: None)
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        started = time.monotonic()
        self.loop.run(self.children.start(self._child()))
        self.started_within = time.monotonic() - started

    def stop(self) -> None:
        self.loop.run(self.children.end("label-studio"))

    def close(self) -> None:
        self.loop.run(self.children.stop())

    def log(self) -> str:
        return self.children.log("label-studio").read_text(errors="replace")[-3000:]

    def _child(self) -> Child:
        said = {
            "LABEL_STUDIO_BASE_DATA_DIR": str(self.directory / "data"),
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",  # counts on the first start only
            "LABEL_STUDIO_USERNAME": LEAD,
            "LABEL_STUDIO_PASSWORD": PASSWORD,
            "LABEL_STUDIO_USER_TOKEN": LEAD_TOKEN,
            "SSRF_PROTECTION_ENABLED": "false",  # webhooks go to the loopback address here
            "COLLECT_ANALYTICS": "false",
            "LATEST_VERSION_CHECK": "false",
            "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "",
        }
        where = ["--internal-host", "127.0.0.1", "--port", str(self.port)]
        return Child(
            name="label-studio",
            command=[str(self.program), "start", "--no-browser", *where],
            environment=said,
            ready=lambda: listening(self.port),
            start_within=230.0,  # half a minute, on a machine that does nothing else
        )


@dataclass
class Person:
    """Somebody who works in it, through its own API."""

    url: str
    email: str
    token: str

    def ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                said = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error
        return json.loads(said) if said else None

    def annotate(self, task: str, result: object, **more: object) -> str:
        said = {"result": result, "lead_time": 4.5, **more}
        return str(self.ask("POST", f"/api/tasks/{number(task)}/annotations", said)["id"])

    def correct(self, annotation: str, result: object, **more: object) -> None:
        self.ask("PATCH", f"/api/annotations/{annotation}/", {"result": result, **more})

    def delete(self, annotation: str) -> None:
        self.ask("DELETE", f"/api/annotations/{annotation}/")

    def drop(self, project: str) -> None:
        self.ask("DELETE", f"/api/projects/{number(project)}/")


def number(name: str) -> int:
    return int(name.rpartition("/")[2])


def sign_up(url: str, email: str) -> Person:
    """A new account, made as people make theirs."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{url}/user/signup/").read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    form = {"csrfmiddlewaretoken": found[1], "email": email, "password": PASSWORD, "allow_newsletters": "false"}
    browser.open(urllib.request.Request(f"{url}/user/signup/", urlencode(form).encode(), {"Referer": url})).close()
    with browser.open(f"{url}/api/current-user/token") as answer:
        return Person(url, email, json.load(answer)["token"])
