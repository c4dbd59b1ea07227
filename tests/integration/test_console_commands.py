"""``evergauge user``, ``review`` and ``console`` as people call them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from monitor.settings import Settings
from streams.embedded.children import free_port
from tests.integration.consoles import SETTINGS, call, emptied, settings_of
from tests.servers import Servers, wait_until

Evergauge = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def tables(servers: Servers) -> Settings:
    return settings_of(servers)


@pytest.fixture
def environment(tables: Settings) -> dict[str, str]:
    emptied(tables)
    clickhouse = tables.clickhouse
    said = {"URL": clickhouse.url, "DATABASE": clickhouse.database, "USER": clickhouse.user}
    said |= {"PASSWORD": clickhouse.secret}
    ours = {f"EVERGAUGE_CLICKHOUSE__{name}": value for name, value in said.items()}
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **SETTINGS, **ours}


@pytest.fixture
def evergauge(environment: dict[str, str], tmp_path: Path) -> Evergauge:
    def run(*arguments: str, stdin: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command(*arguments),
            env={**environment, **more},
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "monitor.cli.program", *arguments]


def test_people_are_added_listed_disabled_and_get_new_passwords(evergauge: Evergauge, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a long password\n")

    made = evergauge("user", "add", "ann", "--role", "admin", "--generate")
    filed = evergauge("user", "add", "bob", "--app", "shop", "--app", "bank", "--password-file", "password")
    piped = evergauge("user", "password", "bob", "--password-file", "-", stdin="another long one\n")
    disabled = evergauge("user", "disable", "Bob")
    listed = evergauge("user", "list", "--json")

    assert [one.returncode for one in (made, filed, piped, disabled, listed)] == [0] * 5, filed.stderr
    assert len(made.stdout.strip()) >= 20
    people = {one["name"]: one for one in json.loads(listed.stdout)}
    assert (people["ann"]["role"], people["ann"]["apps"], people["ann"]["disabled"]) == ("admin", [], False)
    assert (people["bob"]["apps"], people["bob"]["disabled"]) == (["shop", "bank"], True)
    assert "argon2" not in listed.stdout


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("add", "ann", "--generate"), "", "is there already"),
        (("add", "no spaces", "--generate"), "", "letters, digits"),
        (("add", "new", "--password-file", "-"), "short\n", "10 to 1024 characters"),
        (("add", "new", "--password-file", "nowhere"), "", "nowhere"),
        (("disable", "nobody"), "", "there is no user nobody"),
        (("disable", "ann"), "", "last admin"),
    ],
)
def test_what_cannot_be_is_refused(evergauge: Evergauge, arguments: tuple[str, ...], stdin: str, said: str) -> None:
    evergauge("user", "add", "ann", "--role", "admin", "--generate")

    done = evergauge("user", *arguments, stdin=stdin)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_while_the_store_is_away_the_exit_code_says_so(evergauge: Evergauge) -> None:
    done = evergauge("user", "list", EVERGAUGE_CLICKHOUSE__URL="http://127.0.0.1:9")

    assert done.returncode == 3


def test_people_are_managed_without_a_web_framework(environment: dict[str, str]) -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['fastapi', 'starlette', 'nicegui', 'uvicorn', 'itsdangerous']));"
        "from monitor.cli.program import cli, load_commands; load_commands(); cli(['user', 'add', 'x', '--generate'])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr


def test_items_go_in_and_out(evergauge: Evergauge, tmp_path: Path) -> None:
    lines = [json.dumps(call(n)) for n in range(3)]
    (tmp_path / "items.jsonl").write_text("\n".join([*lines, "broken"]) + "\n")

    laid = evergauge("review", "import", "items.jsonl", "--judge", "quality", "--wanted", "2")
    listed = evergauge("review", "list", "--json")
    exported = evergauge("review", "export", "--app", "shop")
    wrong = evergauge("review", "import", "items.jsonl", "--judge", "nobody")

    assert laid.returncode == 1, laid.stderr
    assert "3 laid on the desk" in laid.stderr
    expected = {"application": "shop", "judge": "quality", "reason": "benchmark", "waiting": 3, "done": 0}
    assert json.loads(listed.stdout) == [expected]
    assert [json.loads(line)["wanted"] for line in exported.stdout.splitlines()] == [2, 2, 2]
    assert (wrong.returncode, "there is no judge nobody" in wrong.stderr) == (2, True)


def test_the_console_serves_until_it_is_told_to_stop(
    evergauge: Evergauge, environment: dict[str, str], tmp_path: Path
) -> None:
    password = evergauge("user", "add", "ann", "--role", "admin", "--generate").stdout.strip()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(command("console", "--port", str(port)), env=environment, cwd=tmp_path)
    try:
        wait_until(lambda: _ready(url), 40)

        answer = httpx.post(f"{url}/api/login", json={"name": "ann", "password": password})
        second = evergauge("console", "--port", str(port))
    finally:
        process.terminate()

    assert answer.status_code == 200
    assert (second.returncode, "cannot listen" in second.stderr) == (2, True)
    assert process.wait(timeout=20) == 0


def test_the_console_says_what_is_wrong_before_it_starts(evergauge: Evergauge) -> None:
    done = evergauge("console", EVERGAUGE_CONSOLE__SECRET="", EVERGAUGE_JUDGES__QUALITY__RUBRIC="nowhere")

    assert done.returncode == 2
    assert "console.secret" in done.stderr
    assert "judges.quality.rubric" in done.stderr


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready").status_code == 200
    except httpx.TransportError:
        return False
