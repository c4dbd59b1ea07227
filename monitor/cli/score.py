"""``evergauge score``: labels against references, over a file."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, cast

import click

from monitor.stats import Confusion, brier, expected_calibration_error, measures

from .files import opened
from .main import FINDINGS, GOOD, Refused
from .show import as_json, console, print_json, table

Row = dict[str, Any]


@click.command()
@click.argument("file")
@click.option("--labels", required=True, help="Field with the label; dots lead inside, as in scores.refusal.")
@click.option("--reference", required=True, help="Field with what it should be.")
@click.option("--probability", default="", help="Field with the probability that the label is right: calibration too.")
@click.option("--confidence", default=0.95, show_default=True, type=click.FloatRange(0.5, 0.999), help="Of intervals.")
@as_json
@click.pass_context
def score(
    ctx: click.Context, file: str, labels: str, reference: str, probability: str, confidence: float, as_json: bool
) -> None:
    """Measure labels against references: accuracy, precision, recall, F1, MCC, each with an interval.

    FILE is JSON lines or CSV, may be .gz, or - for standard input. Rows without a label or a reference are left out
    and counted; exit code 1 when there are some.

    \b
    Example:
      evergauge score graded.jsonl --labels verdict --reference human
    """
    with opened(file) as source:
        rows = list(_rows(source.values(), file))
    whole = [row for row in rows if _text(row, labels) is not None and _text(row, reference) is not None]
    if not whole:
        raise Refused(f"no row of {file} has both {labels} and {reference}")
    pairs = [(_text(row, reference) or "", _text(row, labels) or "") for row in whole]
    confusion = Confusion.of(pairs)
    found = [*measures(confusion, confidence=confidence)]
    calibration = _calibration(whole, pairs, probability) if probability else {}
    left_out = len(rows) - len(whole)
    if as_json:
        print_json(
            {
                "n": confusion.n,
                "left_out": left_out,
                "confidence": confidence,
                "measures": [{"name": e.name, "value": e.value, "low": e.low, "high": e.high, "n": e.n} for e in found],
                "confusion": [
                    {"reference": r, "label": p, "times": n} for (r, p), n in sorted(confusion.cells.items())
                ],
                "calibration": calibration,
            }
        )
    else:
        shown = [(e.name, _number(e.value), _number(e.low), _number(e.high), f"{e.n:,}") for e in found]
        columns = ("measure", "value", "low", "high", "n")
        console.print(table("", columns, shown, numbers=columns[1:]))
        _print_matrix(confusion)
        for name, value in calibration.items():
            console.print(f"{name}: {value:.4f}")
        console.print(f"\n{confusion.n:,} rows, {left_out:,} left out")
    ctx.exit(FINDINGS if left_out else GOOD)


def _rows(values: Iterator[bytes], file: str) -> Iterator[Row]:
    lines = list(values)
    if lines and not lines[0].lstrip().startswith((b"{", b"[")):
        yield from csv.DictReader(io.StringIO(b"\n".join(lines).decode(errors="replace")))
        return
    for number, line in enumerate(lines, start=1):
        try:
            document: object = json.loads(line)
        except ValueError as error:
            raise Refused(f"{file}, line {number}: {error}") from error
        for row in cast(list[object], document) if isinstance(document, list) else [document]:
            if not isinstance(row, dict):
                raise Refused(f"{file}, line {number}: a row must be an object")
            yield row


def _inside(row: Row, path: str) -> object:
    first, _, rest = path.partition(".")
    value: object = row.get(first)
    if not rest:
        return value
    return _inside(cast(Row, value), rest) if isinstance(value, dict) else None


def _text(row: Row, path: str) -> str | None:
    value = _inside(row, path)
    return None if value is None or value == "" else str(value).strip().lower()


def _calibration(rows: list[Row], pairs: list[tuple[str, str]], path: str) -> dict[str, float]:
    try:
        probabilities = [float(str(_inside(row, path))) for row in rows]
    except ValueError as error:
        raise Refused(f"{path} is no number in some row: {error}") from error
    if not all(0 <= p <= 1 for p in probabilities):
        raise Refused(f"{path} is not between 0 and 1 in some row")
    right = [reference == label for reference, label in pairs]
    return {
        "Brier score": brier(probabilities, right),
        "expected calibration error": expected_calibration_error(probabilities, right),
    }


def _print_matrix(confusion: Confusion) -> None:
    classes = confusion.classes
    if len(classes) > 12:
        return
    rows = [(name, *(f"{confusion.cells.get((name, label), 0):,}" for label in classes)) for name in classes]
    console.print(table("\nreference ↓  label →", ("", *classes), rows, numbers=classes))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


COMMANDS = (score,)
