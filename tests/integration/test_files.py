"""Files of every kind through the commands: recognised, mapped, joined, converted."""

import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from tests.integration.test_up import evergauge

WIRE = Path(__file__).parents[1] / "wire"


def converted(tmp_path: Path, *arguments: str) -> list[dict[str, Any]]:
    done = evergauge(tmp_path, "convert", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("path", "format", "samples", "ignored"),
    [
        ("openai/chat.json", "openai", 1, 0),
        ("responses/tools.json", "openai_responses", 1, 0),
        ("litellm/tools.json", "litellm", 1, 0),
        ("langfuse/api.jsonl", "langfuse", 2, 1),
        ("langfuse/export.csv", "langfuse", 2, 1),
        ("langfuse/export.parquet", "langfuse", 2, 1),
        ("label_studio/export.json", "label_studio", 3, 0),
        ("label_studio/export_min.json", "label_studio", 2, 0),
        ("label_studio/export.csv", "label_studio", 2, 0),
        ("otlp/genai.traces.pb", "otlp", 4, 0),
        ("otlp/openinference.traces.json", "otlp", 4, 0),
        ("otlp/genai_events.logs.pb", "otlp", 3, 1),
    ],
)
def test_a_file_is_recognised_and_read(path: str, format: str, samples: int, ignored: int, tmp_path: Path) -> None:
    done = evergauge(tmp_path, "replay", str(WIRE / path), "--app", "shop", "--json")
    report = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert f"as {format}: the first record" in " ".join(done.stderr.split())
    assert (report["samples"], sum(report["ignored"].values()), report["dead"]) == (samples, ignored, {})


def test_a_table_with_columns_of_anybodys(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('question,answer,ms\n"When, exactly?",Now.,12\nWhy?,,13\n')

    rows = converted(
        tmp_path, "a.csv", "--app", "shop",
        "--column", "input=question", "--column", "output=answer", "--column", "latency_ms=ms",
    )  # fmt: skip

    assert [(row["input"][0]["content"], row["output"], row["latency_ms"]) for row in rows] == [
        ("When, exactly?", "Now.", 12.0),
        ("Why?", "", 13.0),
    ]


def test_a_mapping_in_the_settings_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "evergauge.toml").write_text(
        '[formats.tickets]\ncolumns = { input = "ticket.text", output = "reply" }\n'
        '[[inputs]]\ntopic = "tickets"\nformat = "tickets"\napp = "desk"\n'
    )
    (tmp_path / "a.jsonl").write_text('{"ticket": {"text": "Help!"}, "reply": "Here."}\n')

    (row,) = converted(tmp_path, "a.jsonl", "--format", "tickets", "--app", "desk")

    assert (row["input"][0]["content"], row["output"], row["app"]) == ("Help!", "Here.", "desk")
    assert evergauge(tmp_path, "config", "check").returncode == 0
    assert "tickets" in evergauge(tmp_path, "formats").stdout


def test_tables_of_our_own_fields_need_no_mapping(tmp_path: Path) -> None:
    rows = [
        {"input": "When?", "output": "Now.", "app": "shop", "tokens_in": 3, "reference": ["Now.", "Soon."]},
        {"input": "Why?", "output": None, "app": "shop", "tokens_in": None, "reference": None},
    ]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    (tmp_path / "a.tsv").write_text("input\toutput\tapp\nWhen?\tNow.\tshop\n")

    full, empty = converted(tmp_path, "a.parquet")
    (tabbed,) = converted(tmp_path, "a.tsv")

    assert (full["tokens_in"], full["reference"]) == (3, ["Now.", "Soon."])
    assert empty["output"] is None
    assert (tabbed["output"], tabbed["app"]) == ("Now.", "shop")


def test_scores_join_their_observations(tmp_path: Path) -> None:
    export, scores = str(WIRE / "langfuse/export.jsonl"), str(WIRE / "langfuse/scores.jsonl")

    answered, failed = converted(tmp_path, export, "--scores", scores, "--app", "shop")

    assert answered["tags"] == {
        "route": "main",
        "beta": "true",
        "score.helpfulness": "0.9",
        "score.tone": "friendly",
    }
    assert "tags" not in failed


def test_what_was_converted_converts_to_the_same(tmp_path: Path) -> None:
    once = evergauge(tmp_path, "convert", str(WIRE / "otlp/traceloop.traces.pb"), "--out", "once.jsonl")
    twice = evergauge(tmp_path, "convert", "once.jsonl", "--out", "twice.jsonl")

    assert (once.returncode, twice.returncode) == (0, 0)
    first, again = (
        [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]
        for name in ("once.jsonl", "twice.jsonl")
    )
    assert len(first) == 4
    assert first == again


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["check", "rows.csv", "--app", "a"], 1, "no column 'input' among question, answer"),
        (["check", "rows.csv", "--column", "input"], 2, "FIELD=COLUMN"),
        (["check", "rows.csv", "--column", "inputs=question"], 2, "did you mean 'input'"),
        (["check", "rows.csv", "--format", "cvs"], 2, "no such format"),
        (["check", "ragged.csv", "--column", "input=a", "--column", "output=b", "--app", "a"], 2, "line 3: more cells"),
        (["check", "quote.csv", "--column", "input=a", "--column", "output=b", "--app", "a"], 2, "quote.csv, line"),
        (["check", "broken.parquet"], 2, "no whole Parquet file"),
        (["check", "rows.csv", "--scores", "rows.csv"], 2, "needs a name and an observation_id"),
        (["convert", "lines.jsonl", "--out", "lines.jsonl"], 2, "name another"),
        (["convert", "lines.jsonl"], 1, "app: is required"),
        (["--config", "clash.toml", "config", "check"], 2, "formats.openai: a format has this name"),
        (["--config", "field.toml", "config", "check"], 2, "did you mean 'output'"),
    ],
)
def test_what_goes_wrong_is_said(arguments: list[str], code: int, says: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("question,answer\nWhen?,Now.\n")
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n1,2,3\n")
    (tmp_path / "quote.csv").write_text('a,b\n"1"x,2\n')
    (tmp_path / "broken.parquet").write_bytes((WIRE / "langfuse/export.parquet").read_bytes()[:500])
    (tmp_path / "lines.jsonl").write_text('{"input": "a", "output": "b"}\n')
    (tmp_path / "clash.toml").write_text('[formats.openai]\ncolumns = { input = "a" }\n')
    (tmp_path / "field.toml").write_text('[formats.mine]\ncolumns = { outputs = "a" }\n')

    done = evergauge(tmp_path, *arguments)

    assert done.returncode == code, done.stderr + done.stdout
    assert says in " ".join((done.stderr + done.stdout).split())
    assert "Traceback" not in done.stderr


def test_a_byte_that_is_no_text_costs_only_its_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"input,output,app\nWhen?,\xff\xfe,shop\nWhy?,Because.,shop\n")

    report = json.loads(evergauge(tmp_path, "replay", "a.csv", "--json").stdout)

    assert (report["samples"], report["dead"]) == (1, {"not_utf8": 1})
