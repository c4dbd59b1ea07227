"""``evergauge exchange`` as a process, with a real store and a real Label Studio."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor.adapters.clickhouse.client import connect
from monitor.build import address, load_rubric, migrations
from monitor.reviews import Filled, regions
from monitor.settings import load
from streams.embedded.children import free_port
from tests.builders import make_call, make_sample
from tests.labelstudio.studio import LEAD_TOKEN, Person, Studio
from tests.servers import Servers, wait_until

pytestmark = pytest.mark.timeout(480)  # whoever comes first installs and starts it
ROOT = Path(__file__).parent.parent.parent


@dataclass
class Terminal:
    """Where commands are typed."""

    environment: dict[str, str]
    directory: Path

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "monitor.cli.program", "--data", str(self.directory / "none"), *words],
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
            cwd=self.directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        client = connect(address(load(None, self.environment)))
        return [tuple(row) for row in client.query(question).result_rows]


@pytest.fixture
def terminal(servers: Servers, studio: Studio, tmp_path: Path) -> Terminal:
    environment = servers.environment(
        ENDPOINTS__E__URL="http://127.0.0.1:9/v1",
        ENDPOINTS__E__MODEL="m",
        JUDGES__MANNER__RUBRIC="tone",
        JUDGES__MANNER__ENDPOINTS="e",
        LABEL_STUDIO__URL=studio.url,
        LABEL_STUDIO__TOKEN=LEAD_TOKEN,
        LABEL_STUDIO__PROJECT=tmp_path.name,
        LABEL_STUDIO__POLL_SECONDS=0.5,
    )
    migrations(load(None, environment)).apply()
    return Terminal(environment, tmp_path)


def test_a_benchmark_goes_there_and_its_reviews_come_back(terminal: Terminal, anne: Person) -> None:
    file = terminal.directory / "benchmark.jsonl"
    calls = [json.dumps(make_call(id=f"b-{n}", input=f"Question {n}?", output="An answer.")) for n in range(3)]
    file.write_text("\n".join([*calls, "{"]) + "\n")

    code, out, err = terminal.run("exchange", "push", str(file), "--judge", "manner", "--json")
    said = json.loads(out)
    assert (code, said["pushed"], said["broken"]) == (1, 3, {"unreadable_line": 1})
    assert "3 of 3 samples are new" in err

    code, out, _ = terminal.run("exchange", "push", str(file), "--judge", "manner", "--json")
    assert (code, json.loads(out)["pushed"]) == (1, 0)

    (task,) = terminal.rows("SELECT task FROM review_tasks FINAL LIMIT 1")[0]
    rated = regions(load_rubric("tone"), make_sample(), Filled(answers={"grade": "5"}))
    annotation = anne.annotate(task, rated)
    code, out, err = terminal.run("exchange", "--once", "--json")
    assert (code, json.loads(out)["pulled"]) == (0, 1), err
    scores = "SELECT by = '00000000-0000-0000-0000-000000000000', value FROM scores FINAL WHERE source = 'human'"
    assert sorted(terminal.rows(f"{scores} AND NOT is_deleted")) == [(0, 1.0), (1, 1.0)]

    process = terminal.start("exchange")
    anne.delete(annotation)
    wait_until(lambda: not terminal.rows(f"{scores} AND NOT is_deleted"), 60)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "1 withdrawn" in err


def test_once_ends_with_3_when_label_studio_is_away(terminal: Terminal) -> None:
    terminal.environment["EVERGAUGE_LABEL_STUDIO__URL"] = f"http://127.0.0.1:{free_port()}"
    file = terminal.directory / "benchmark.jsonl"
    file.write_text(json.dumps(make_call()) + "\n")

    code, _, err = terminal.run("exchange", "push", str(file), "--judge", "manner")

    assert code == 3
    assert "label_studio is away" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"LABEL_STUDIO__URL": ""}, "label_studio.url: is needed"),
        ({"LABEL_STUDIO__TOKEN": ""}, "label_studio.token: is needed"),
        ({"LABEL_STUDIO__WEBHOOK_URL": "http://127.0.0.1:1/hooks/label-studio"}, "webhook_secret: is needed"),
        ({"LABEL_STUDIO__WEBHOOK_URL": "http://127.0.0.1:1/x"}, "should end with /hooks/label-studio"),
    ],
)
def test_settings_that_lack_something_are_told(terminal: Terminal, settings: dict[str, str], message: str) -> None:
    terminal.environment |= {f"EVERGAUGE_{name}": value for name, value in settings.items()}

    code, _, err = terminal.run("exchange", "--once")

    assert code == 2
    assert message in err


def test_a_judge_that_is_not_there_is_told(terminal: Terminal) -> None:
    file = terminal.directory / "benchmark.jsonl"
    file.write_text("{}\n")

    code, _, err = terminal.run("exchange", "push", str(file), "--judge", "nobody")

    assert code == 2
    assert "there is no judge nobody; the settings name: manner" in err
