"""``evergauge status``: the ledger, and whether it adds up."""

import json
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import click
from rich.text import Text

from monitor.adapters.clickhouse import Judging, Ledger, connect, read_judging, read_ledger
from monitor.adapters.clickhouse.archive import missing_offsets
from monitor.build import address
from monitor.cli.main import FINDINGS, GOOD, RUNNING, Place
from monitor.cli.show import as_json, console, print_json, printable, table
from monitor.model import Outcome
from monitor.settings import Settings
from streams.log import Position, holds_records, positions

_MOST_MISSING = 1_000


@dataclass(frozen=True, slots=True)
class Status:
    """What came in, what became of it, and what does not fit."""

    positions: list[Position]
    ledger: Ledger
    lost: list[str]
    """Records below the committed offset of which the ledger knows nothing; must be empty."""
    judging: Judging
    """What judges and people have done."""
    workers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def records(self) -> int:
        """Records that the group has done."""
        return sum(max(p.committed - p.begin, 0) for p in self.positions)

    @property
    def waiting(self) -> int:
        return sum(p.waiting for p in self.positions)

    @property
    def problems(self) -> list[str]:
        """Why it does not add up; empty when it does."""
        found: list[str] = []
        if self.lost:
            found.append(f"{len(self.lost):,} records were done and left no trace: {', '.join(self.lost[:3])} …")
        if self.ledger.unstored:
            found.append(f"{self.ledger.unstored:,} samples are in the ledger and not in the samples table")
        known = sum(count for outcome, count in self.ledger.outcomes.items() if Outcome(outcome).of_a_sample)
        if self.waiting and self.workers and not any(worker.get("ready") for worker in self.workers):
            found.append(f"{self.waiting:,} records are waiting and no worker is ready: see the log of a worker")
        if known != self.ledger.arrivals:
            found.append(f"outcomes add up to {known:,}, but {self.ledger.arrivals:,} samples arrived")
        return found

    def as_json(self) -> dict[str, object]:
        ledger = self.ledger
        return {
            "records": self.records,
            "waiting": self.waiting,
            "samples": ledger.arrivals,
            "different_samples": ledger.ids,
            "repeats": ledger.arrivals - ledger.contents,
            "conflicts": ledger.contents - ledger.ids,
            "outcomes": ledger.outcomes,
            "dead_reasons": ledger.reasons.get("dead", {}),
            "ignored_reasons": ledger.reasons.get("ignored", {}),
            "adds_up": not self.problems,
            "problems": self.problems,
            "judges": [asdict(one) for one in self.judging.judged],
            "booked": {"calls": self.judging.calls, "money": self.judging.money},
            "reviews_waiting": self.judging.reviews_waiting,
            "partitions": [asdict(p) | {"waiting": p.waiting} for p in self.positions],
            "workers": self.workers,
        }


def read_status(settings: Settings, *, since_ms: int = 0) -> Status:
    """Compare Kafka and the store.

    Raises:
        Unavailable: one of them is away.
    """
    names = [entry.topic for entry in settings.topics()]
    found = positions(settings.kafka, names, since_ms=since_ms)
    client = connect(address(settings))
    ledger = read_ledger(client, names, since_ms=since_ms)
    lost: list[str] = []
    for p in found:
        for first, last in missing_offsets(client, p.topic, p.partition, p.begin, p.committed):
            offsets = holds_records(settings.kafka, p.topic, p.partition, first, min(last, first + _MOST_MISSING))
            lost += [f"{p.topic}/{p.partition}/{offset}" for offset in offsets]
    return Status(found, ledger, lost, read_judging(client, since_ms=since_ms))


def _a_number(_: click.Context, __: click.Parameter, value: float) -> float:
    if value != value:  # NaN lies in every range
        raise click.BadParameter("nan is no number of hours")
    return value


@click.command()
@click.option(
    "--since",
    default=24.0,
    show_default=True,
    type=click.FloatRange(min=0, max=1e6),
    callback=_a_number,
    help="Hours to look back; 0 for everything that is still there.",
)
@click.option("--worker", "urls", multiple=True, help="Ask this worker too, for example http://host:6066.")
@as_json
@click.pass_context
def status(ctx: click.Context, since: float, urls: tuple[str, ...], as_json: bool) -> None:
    """Show the ledger: records in, samples by outcome, dead letters, lag, last error; and whether it adds up.

    Exit code 1 when it does not.

    \b
    Example:
      evergauge status --since 1
    """
    place: Place = ctx.obj
    since_ms = int((time.time() - since * 3600) * 1000) if since else 0
    found = read_status(place.settings(), since_ms=since_ms)
    found.workers.extend(_ask(url) for url in (*urls, *_running_workers(place)))
    if as_json:
        print_json(found.as_json())
    else:
        print_status(found)
    ctx.exit(FINDINGS if found.problems else GOOD)


def print_status(found: Status) -> None:
    """The ledger, for people."""
    ledger = found.ledger
    rows = [
        ("records done", f"{found.records:,}", ""),
        ("records waiting", f"{found.waiting:,}", ""),
        ("samples arrived", f"{ledger.arrivals:,}", _repeats(ledger)),
        *((f"  {outcome}", f"{count:,}", _reasons(ledger, outcome)) for outcome, count in ledger.outcomes.items()),
    ]
    console.print(table("The ledger", ("", "count", ""), rows, numbers=("count",)))
    if found.judging.judged or found.judging.reviews_waiting:
        _print_judging(found.judging)
    for worker in found.workers:
        away = worker.get("holding") or worker.get("error")
        state = ("ready", "green") if worker.get("ready") else (printable(str(away)), "red")
        console.print(Text.assemble(f"{worker['url']}: ", state, printable(_last_error(worker))))
    if found.problems:
        for problem in found.problems:
            console.print(Text(printable(f"✗ {problem}"), "red"))
    elif found.waiting:
        console.print("[green]✓ it adds up so far[/]; some records are still waiting")
    else:
        console.print("[green]✓ it adds up[/]: every record is accounted for")


def _print_judging(judging: Judging) -> None:
    rows = [
        (
            one.judge if one.source == "judge" else f"people, by {one.judge}",
            f"{one.passed:,}",
            f"{one.failed:,}",
            f"{sum(one.missing.values()):,}",
            f"{one.copied:,}",
            f"{one.cost:.4f}",
            ", ".join(f"{reason} {count:,}" for reason, count in sorted(one.missing.items())),
        )
        for one in judging.judged
    ]
    columns = ("by", "pass", "fail", "missing", "reused", "cost", "why missing")
    console.print(table("Judges and people", columns, rows, numbers=columns[1:6]))
    if judging.reviews_waiting:
        console.print(f"{judging.reviews_waiting:,} items wait for people")


def _repeats(ledger: Ledger) -> str:
    said: list[str] = []
    if ledger.arrivals > ledger.contents:
        said.append(f"{ledger.arrivals - ledger.contents:,} came again unchanged")
    if ledger.contents > ledger.ids:
        said.append(f"{ledger.contents - ledger.ids:,} came again with another text: the last stands")
    return "; ".join(said)


def _reasons(ledger: Ledger, outcome: str) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in ledger.reasons.get(outcome, {}).items())


def _last_error(worker: dict[str, Any]) -> str:
    if not worker.get("last_error"):
        return ""
    at = datetime.fromtimestamp(worker["last_error_at"], UTC)
    return f"  last error {at:%H:%M:%S} UTC: {worker['last_error']}"


def _running_workers(place: Place) -> list[str]:
    if not place.running():
        return []
    ports = json.loads((place.data / RUNNING).read_text(encoding="utf-8"))["web_ports"]
    return [f"http://127.0.0.1:{port}" for port in ports]


def _ask(url: str) -> dict[str, Any]:
    try:
        with urlopen(f"{url}/ready", timeout=3) as answer:
            return {"url": url, **json.load(answer)}
    except HTTPError as error:
        return {"url": url, "ready": False, **_report(error.read(), str(error))}
    except (OSError, ValueError) as error:
        return {"url": url, "ready": False, "error": f"does not answer as a worker would: {error}"}


def _report(body: bytes, otherwise: str) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError):
        return {"error": otherwise}
