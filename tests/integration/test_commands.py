"""What a person types, without any server: output, exit codes, messages."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from monitor.cli.main import cli
from monitor.cli.program import load_commands
from streams.embedded.children import free_port
from tests.builders import make_call
from tests.integration.test_up import evergauge
from tests.integration.traffic import broken, good, mixed

load_commands()


def commands(group: click.Group, path: str = "") -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += commands(command, f"{path}{name} ")
        else:
            found.append((f"{path}{name}", command))
    return found


@pytest.mark.parametrize(("name", "command"), commands(cli), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_has_help_with_an_example(name: str, command: click.Command) -> None:
    assert "Example:" in (command.help or ""), name
    assert "evergauge" in (command.help or "")


def test_the_commands_that_there_must_be() -> None:
    assert {name for name, _ in commands(cli)} >= {
        "up", "demo", "worker", "send", "replay", "check", "status", "dead list", "dead show", "dead replay",
        "topics list", "topics create", "config check", "migrate", "schema", "completion", "score", "new check",
        "convert",
    }  # fmt: skip


def test_replay_reports_by_application(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"\n".join(mixed(400))))

    table = evergauge(tmp_path, "replay", "a.jsonl.gz", "--out", "out.jsonl")
    report = json.loads(evergauge(tmp_path, "replay", "a.jsonl.gz", "--json").stdout)

    assert table.returncode == 1, "some of it cannot be read"
    assert "support" in table.stdout
    assert "Traceback" not in table.stderr
    assert report["records"] == 400
    assert report["dead"] == {"truncated": broken(400)}
    outcomes = [sum(app["outcomes"].values()) for app in report["apps"].values()]
    assert sum(outcomes) == report["samples"] == 400 - broken(400)
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(written) == 400
    assert {one["outcome"] for one in written} == {"scored", "sampled_out", "dead"}


def test_replay_of_good_records_exits_with_0(tmp_path: Path) -> None:
    assert evergauge(tmp_path, "replay", "-", stdin=b"\n".join(good(5))).returncode == 0


def test_check_explains(tmp_path: Path) -> None:
    bad = json.dumps(make_call(output="Write to jane@example.com")).encode()

    done = evergauge(tmp_path, "check", "-", stdin=bad)

    assert done.returncode == 1
    assert "gate personal_data: gives away e-mail address" in done.stdout
    assert evergauge(tmp_path, "check", "-", stdin=next(good(1))).returncode == 0


def test_check_prints_json(tmp_path: Path) -> None:
    (one,) = json.loads(evergauge(tmp_path, "check", "-", "--json", stdin=next(good(1))).stdout)

    assert one["verdict"] == "pass"
    assert {"scorer", "value", "passed", "why", "version", "source", "label", "inclusion"} == one["scores"][0].keys()


@pytest.mark.parametrize(
    "name",
    ["array.json", "pretty.json", "prettyarray.json", "lines.jsonl", "lines.json", "arrays.jsonl", "array.json.gz"],
)
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_files_of_every_shape(name: str, start: bytes, tmp_path: Path) -> None:
    calls = [make_call(id=str(n)) for n in range(3)]
    text = {
        "array": json.dumps(calls),
        "arrays": "\n".join(json.dumps([call]) for call in calls),
        "pretty": json.dumps(calls[0], indent=2),
        "prettyarray": json.dumps(calls, indent=2),
    }.get(name.split(".")[0], "\n".join(map(json.dumps, calls)))
    content = start + text.encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)

    report = json.loads(evergauge(tmp_path, "replay", name, "--json").stdout)

    assert report["samples"] == (1 if name == "pretty.json" else 3)


def test_a_broken_first_line_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([b'{"app": "a", "inp', *good(5)]))

    report = json.loads(evergauge(tmp_path, "replay", "a.jsonl", "--json").stdout)

    assert (report["samples"], report["dead"]) == (5, {"truncated": 1})


def test_an_empty_file_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    assert evergauge(tmp_path, "replay", "empty").returncode == 0
    assert evergauge(tmp_path, "check", "empty").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["replay", "nothing.jsonl"], 2, "nothing.jsonl"),
        (["replay", "broken.gz"], 2, "no whole gzip file"),
        (["--config", "nothing.toml", "config", "check"], 2, "there is no such file"),
        (["--config", "wrong.toml", "config", "check"], 2, "did you mean 'partitions'"),
        (["--config", "wrong.toml", "worker"], 2, "kafka.partition:"),
        (["check", "lines", "--limit", "-1"], 2, "--limit"),
        (["status", "--since", "nan"], 2, "--since"),
        (["status", "--since", "-5"], 2, "--since"),
        (["--data", "/proc/nowhere", "up"], 2, "cannot be used"),
        (["check"], 2, "Missing argument"),
        (["no-such-command"], 2, "No such command"),
        (["dead", "replay"], 2, "--all"),
        (["--config", "away.toml", "topics", "list"], 3, "kafka is away"),
        (["--config", "away.toml", "migrate"], 3, "clickhouse is away"),
        (["--config", "away.toml", "status"], 3, "is away"),
        (["--config", "away.toml", "send", "lines"], 3, "kafka is away"),
        (["--config", "away.toml", "worker"], 3, "kafka is away"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(arguments: list[str], code: int, says: str, tmp_path: Path) -> None:
    (tmp_path / "broken.gz").write_bytes(gzip.compress(b"\n".join(good(5)))[:-20])
    (tmp_path / "wrong.toml").write_text("[kafka]\npartition = 3\n")
    (tmp_path / "away.toml").write_text(
        '[kafka]\nbootstrap_servers = "127.0.0.1:9"\n[clickhouse]\nurl = "http://127.0.0.1:9"\n'
        f"[worker]\nstart_within = 0.1\nweb_port = {free_port()}\nmetrics_port = {free_port()}\n"
    )
    (tmp_path / "lines").write_bytes(next(good(1)))

    done = evergauge(tmp_path, *arguments)

    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_is_never_replayed_onto_itself(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(good(3)))
    before = (tmp_path / "a.jsonl").read_bytes()

    done = evergauge(tmp_path, "replay", "a.jsonl", "--out", "./a.jsonl")

    assert (done.returncode, (tmp_path / "a.jsonl").read_bytes()) == (2, before)


def test_what_was_written_before_stays_when_a_replay_cannot_begin(tmp_path: Path) -> None:
    (tmp_path / "old.out").write_text("precious")

    assert evergauge(tmp_path, "replay", "nothing.jsonl", "--out", "old.out").returncode == 2
    assert (tmp_path / "old.out").read_text() == "precious"


def test_budgets_pace_live_traffic_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(good(60)))
    (tmp_path / "evergauge.toml").write_text("[default.routing]\nshare = 1.0\nbudget_per_hour = 8\n")

    report = json.loads(evergauge(tmp_path, "replay", "a.jsonl", "--json").stdout)

    assert sum(app["outcomes"]["scored"] for app in report["apps"].values()) == 60


@pytest.mark.parametrize("command", ["check", "replay"])
def test_what_a_terminal_would_obey_is_shown_as_text(command: str, tmp_path: Path) -> None:
    calls = [make_call(app="[bold]x[/b]", finish_reason="[/red]"), make_call(app="a\x1b[31mb", id="2")]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(call) for call in calls))

    done = evergauge(tmp_path, command, "a.jsonl")

    assert "\x1b" not in done.stderr
    assert "[bold]x[/b]" in done.stdout
    assert "\x1b" not in done.stdout


def test_corrupt_gzip_is_said_in_a_line(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"\n".join(good(2_000))))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"x" * 40
    (tmp_path / "a.gz").write_bytes(packed)

    done = evergauge(tmp_path, "replay", "a.gz")

    assert done.returncode == 2
    assert "no whole gzip file" in done.stderr
    assert "Traceback" not in done.stderr


def test_many_samples_in_one_record_are_checked_in_a_moment(tmp_path: Path) -> None:
    """Not a timed test: a time that grows with the square of their number would run into the limit of a command."""
    (tmp_path / "a.json").write_text(json.dumps([make_call(id=str(n)) for n in range(10_000)]))

    assert len(json.loads(evergauge(tmp_path, "check", "a.json", "--json").stdout)) == 10_000


def test_problems_come_as_json_too(tmp_path: Path) -> None:
    (tmp_path / "evergauge.toml").write_text("[kafka]\npartition = 3\n")

    done = evergauge(tmp_path, "config", "check", "--json")

    assert done.returncode == 2
    assert "kafka.partition" in json.loads(done.stdout)["problems"]


def test_a_terminal_that_cannot_show_a_character_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(next(good(1)))

    done = evergauge(tmp_path, "check", "a.jsonl", environment={"PYTHONIOENCODING": "ascii"})

    assert "Traceback" not in done.stderr


def test_config_show_masks_secrets(tmp_path: Path) -> None:
    (tmp_path / "evergauge.toml").write_text('[clickhouse]\npassword = "hunter2"\n')

    done = evergauge(tmp_path, "config", "show")

    assert done.returncode == 0
    assert "hunter2" not in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, tmp_path: Path) -> None:
    assert "evergauge" in evergauge(tmp_path, "completion", shell).stdout


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m monitor.cli.program schema | head -1",
        shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.stdout.strip() == "{"
    assert "Traceback" not in done.stderr


def test_a_check_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mychecks.py").write_text(
        "from monitor.checks import check\n\n\n"
        '@check("mentions_price")\n'
        "def mentions_price(sample):\n"
        '    return "€" in (sample.output or "")\n'
    )
    (tmp_path / "evergauge.toml").write_text(
        '[checks]\nmodules = ["mychecks"]\n[apps.shop.checks]\nmentions_price = true\n'
    )
    call = json.dumps(make_call(app="shop", output="It costs 3 €.")).encode()

    (one,) = json.loads(evergauge(tmp_path, "check", "-", "--json", stdin=call).stdout)

    assert [s["value"] for s in one["scores"] if s["scorer"] == "mentions_price"] == [1.0]
    assert "mentions_price" in evergauge(tmp_path, "checks").stdout


GRADED = "\n".join(
    json.dumps({"human": human, "scores": {"refusal": said}, "sure": sure})
    for human, said, sure in [("yes", "yes", 0.9), ("no", "no", 0.8), ("no", "Yes", 0.6), ("yes", None, 0.5)]
)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_labels_are_measured_against_references(form: str, tmp_path: Path) -> None:
    text = GRADED if form == "jsonl" else "human,label,sure\nyes,yes,0.9\nno,no,0.8\nno,Yes,0.6\nyes,,0.5\n"
    (tmp_path / f"g.{form}").write_text(text)
    field = "scores.refusal" if form == "jsonl" else "label"

    done = evergauge(
        tmp_path, "score", f"g.{form}", "--labels", field, "--reference", "human", "--probability", "sure", "--json"
    )
    said = json.loads(done.stdout)

    assert done.returncode == 1
    assert (said["n"], said["left_out"]) == (3, 1)
    measured = {m["name"]: m["value"] for m in said["measures"]}
    assert measured["accuracy"] == pytest.approx(2 / 3)
    assert measured["precision of yes"] == 0.5
    assert said["calibration"]["Brier score"] == pytest.approx((0.1**2 + 0.2**2 + 0.6**2) / 3)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--labels", "nothing", "--reference", "human"], "no row"),
        (["--labels", "human", "--reference", "human", "--probability", "human"], "no number"),
    ],
)
def test_labels_that_cannot_be_measured(arguments: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "g.jsonl").write_text(GRADED)

    done = evergauge(tmp_path, "score", "g.jsonl", *arguments)

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_check_works_at_once(tmp_path: Path) -> None:
    made = evergauge(tmp_path, "new", "check", "says_please")
    (tmp_path / "evergauge.toml").write_text(made.stdout[made.stdout.index("[checks]") :])
    (tmp_path / "a.jsonl").write_bytes(next(good(1)))

    said = json.loads(evergauge(tmp_path, "check", "a.jsonl", "--json").stdout)
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_says_please_check.py"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, timeout=60, check=False,
    )  # fmt: skip

    assert "says_please" in {score["scorer"] for score in said[0]["scores"]}
    assert tested.returncode == 0, tested.stdout.decode()
    assert evergauge(tmp_path, "new", "check", "says_please").returncode == 2
    assert evergauge(tmp_path, "new", "check", "Says Please").returncode == 2


def test_formats_are_listed_with_what_they_are(tmp_path: Path) -> None:
    listed = {one["name"]: one["what"] for one in json.loads(evergauge(tmp_path, "formats", "--json").stdout)}

    assert listed["native"] == "The native JSON sample."
    assert "request and response" in listed["openai"]
    assert "openai" in evergauge(tmp_path, "formats").stdout
