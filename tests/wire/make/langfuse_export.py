"""Record Langfuse observations and scores: as its API gives them, and as its exports write the same rows to files."""

import csv
import json
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow
from calls import MESSAGES
from langfuse.api import CategoricalScore, NumericScore, ObservationV2, ScoreSource
from pyarrow import parquet

AT = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
END = datetime(2026, 11, 1, 12, 0, 0, 812_500, tzinfo=UTC)
ANSWER = {"role": "assistant", "content": "Your order ships tomorrow."}


def observations() -> list[ObservationV2]:
    """A generation, a span around it, and a generation that failed."""
    common: dict[str, Any] = {"trace_id": "trace-9", "project_id": "p1", "start_time": AT, "end_time": END}
    common |= {"environment": "production", "user_id": "user-17", "session_id": "session-3", "trace_name": "shop"}
    call: dict[str, Any] = {"type": "GENERATION", "name": "answer", "model": "gpt-4o-mini", "input": MESSAGES}
    whole = {"output": ANSWER, "usage_details": {"input": 31, "output": 6, "total": 37}, "total_cost": 0.00000825}
    whole |= {"cost_details": {"input": 0.00000465, "output": 0.0000036, "total": 0.00000825}, "prompt_name": "help"}
    whole |= {"latency": 0.8125, "time_to_first_token": 0.2, "prompt_version": 4, "tags": ["beta"], "release": "1.4.0"}
    whole |= {"metadata": {"route": "main"}, "parent_observation_id": "obs-0"}
    failed = {"level": "ERROR", "status_message": "The engine is overloaded."}
    return [
        ObservationV2(id="obs-0", type="SPAN", name="handle", **common),
        ObservationV2(id="obs-1", **common, **call, **whole),
        ObservationV2(id="obs-2", **common, **call, **failed),
    ]


def scores() -> list[NumericScore | CategoricalScore]:
    """A person's word and an evaluator's number on the generation."""
    common: dict[str, Any] = {"trace_id": "trace-9", "observation_id": "obs-1", "timestamp": AT, "metadata": {}}
    common |= {"created_at": AT, "updated_at": AT, "environment": "production"}
    return [
        NumericScore(id="score-1", name="helpfulness", value=0.9, source=ScoreSource.EVAL, **common),
        CategoricalScore(
            id="score-2", name="tone", value=1, string_value="friendly", source=ScoreSource.ANNOTATION, **common
        ),
    ]


def exported(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the file exports name its columns."""
    return {re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower(): value for key, value in row.items()}


def cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(one.json()) for one in observations()]
    said = [json.loads(one.json()) for one in scores()]
    (out / "api.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (out / "scores.jsonl").write_text("".join(json.dumps(exported(row)) + "\n" for row in said))
    files = [exported(row) for row in rows]
    (out / "export.jsonl").write_text("".join(json.dumps(row) + "\n" for row in files))
    columns = list(dict.fromkeys(key for row in files for key in row))
    with (out / "export.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({key: cell(value) for key, value in row.items()} for row in files)
    flat = [{key: cell(row.get(key)) for key in columns} for row in files]
    parquet.write_table(pyarrow.Table.from_pylist(flat), out / "export.parquet")
    (out / "made_by.txt").write_text(f"langfuse {version('langfuse')}, pyarrow {version('pyarrow')}\n")


main(Path(sys.argv[1]) / "langfuse")
