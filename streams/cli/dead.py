"""``evergauge dead``: what could not be evaluated, and another chance for it."""

import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import click
from kafka import KafkaProducer
from kafka.errors import KafkaError
from rich.text import Text

from monitor.cli.main import FINDINGS, GOOD, Place, Refused
from monitor.cli.show import as_json, console, print_json, printable, table
from monitor.errors import Unavailable
from monitor.settings import KafkaSettings
from streams.bus import ARRIVED, DETAIL, FIELD, INDEX, KEY, ORIGIN, OURS, REASON
from streams.log import read_all
from streams.topics import LARGEST_MESSAGE, connection, dead_topic

REPLAYED = "evergauge-replayed"


@dataclass(slots=True)
class Letter:
    """A dead letter as it lies in Kafka."""

    id: str
    origin: str
    index: str
    reason: str
    field: str
    detail: str
    arrived_ms: int
    value: bytes | None
    key: bytes | None
    headers: list[tuple[str, bytes]]
    """The producer's."""
    replayed_ms: int | None = None

    @property
    def topic(self) -> str:
        return self.origin.rsplit("/", 2)[0]

    def as_json(self) -> dict[str, object]:
        index = int(self.index) if self.index else None
        shown = asdict(self) | {"index": index, "bytes": len(self.value or b"")}
        return {name: value for name, value in shown.items() if name not in {"value", "key", "headers"}}


def read_letters(kafka: KafkaSettings) -> dict[str, Letter]:
    """Every dead letter by id; one that was buried twice, as after a crash, is one letter.

    Raises:
        Unavailable: Kafka is away.
    """
    letters: dict[str, Letter] = {}
    for record in read_all(kafka, dead_topic(kafka)):
        headers = {
            name: (value or b"").decode(errors="replace") for name, value in record.headers if name in {*OURS, REPLAYED}
        }
        identity = (record.key or b"").decode(errors="replace")
        if REPLAYED in headers:
            if identity in letters:
                letters[identity].replayed_ms = int(headers[REPLAYED])
        elif identity not in letters:
            letters[identity] = _letter(identity, record, headers)
    return letters


def _letter(identity: str, record: Any, headers: dict[str, str]) -> Letter:
    return Letter(
        id=identity,
        origin=headers.get(ORIGIN, ""),
        index=headers.get(INDEX, ""),
        reason=headers.get(REASON, ""),
        field=headers.get(FIELD, ""),
        detail=headers.get(DETAIL, ""),
        arrived_ms=int(headers.get(ARRIVED) or record.timestamp),
        value=record.value,
        key=next((value for name, value in record.headers if name == KEY), None),
        headers=[
            (name, value) for name, value in record.headers if name not in OURS and value is not None
        ],  # kafka-python cannot send a header without a value
    )


@click.group()
def dead() -> None:
    """List, show and replay dead letters."""


@dead.command("list")
@click.option("--reason", default="", help="Only letters with this reason.")
@click.option("--limit", default=50, show_default=True, help="How many to show, newest first; 0 for all.")
@as_json
@click.pass_context
def list_letters(ctx: click.Context, reason: str, limit: int, as_json: bool) -> None:
    """List dead letters, newest first. Exit code 1 when there are some that were not replayed.

    \b
    Example:
      evergauge dead list --reason not_json
    """
    place: Place = ctx.obj
    letters = [letter for letter in read_letters(place.settings().kafka).values() if reason in {"", letter.reason}]
    letters.sort(key=lambda letter: -letter.arrived_ms)
    shown = letters[: limit or None]
    if as_json:
        print_json([letter.as_json() for letter in shown])
    else:
        rows = [
            (letter.id, letter.reason, letter.detail, f"{len(letter.value or b''):,}", _time(letter.arrived_ms),
             "replayed" if letter.replayed_ms else "")
            for letter in shown
        ]  # fmt: skip
        console.print(table("", ("id", "reason", "what", "bytes", "arrived (UTC)", ""), rows, numbers=("bytes",)))
        if len(shown) < len(letters):
            console.print(f"… and {len(letters) - len(shown):,} more; --limit 0 shows all")
    ctx.exit(FINDINGS if any(letter.replayed_ms is None for letter in letters) else GOOD)


@dead.command("show")
@click.argument("id")
@click.option("--raw", is_flag=True, help="Write the bytes to standard output, and nothing else.")
@as_json
@click.pass_context
def show(ctx: click.Context, id: str, raw: bool, as_json: bool) -> None:
    """Show one dead letter: why it died, where it came from, and its bytes.

    \b
    Example:
      evergauge dead show evergauge.samples/0/17
    """
    place: Place = ctx.obj
    letter = _wanted(read_letters(place.settings().kafka), [id])[0]
    value = letter.value or b""
    if raw:
        sys.stdout.buffer.write(value)
    elif as_json:
        print_json(letter.as_json() | {"value": value.decode(errors="replace")})
    else:
        for name, said in letter.as_json().items():
            console.print(Text.assemble((f"{name:12}", "dim"), printable(str(said))), soft_wrap=True)
        console.print(Text(f"\n{printable(value[:4000].decode(errors='replace'))}"), soft_wrap=True)


@dead.command("replay")
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every letter that was not replayed yet.")
@click.option("--reason", default="", help="Every letter with this reason that was not replayed yet.")
@click.pass_context
def replay(ctx: click.Context, ids: tuple[str, ...], everything: bool, reason: str) -> None:
    """Send dead letters back to the topic that they came from: after a mend of settings or of a format.

    \b
    Example:
      evergauge dead replay --reason unknown_format
    """
    if not ids and not everything and not reason:
        raise click.UsageError("name letters, or use --all or --reason")
    place: Place = ctx.obj
    kafka = place.settings().kafka
    letters = read_letters(kafka)
    chosen = _wanted(letters, ids) if ids else [
        letter for letter in letters.values() if letter.replayed_ms is None and reason in {"", letter.reason}
    ]  # fmt: skip
    _send_back(kafka, chosen)
    console.print(f"[green]✓[/] {len(chosen):,} sent back")


def _wanted(letters: dict[str, Letter], ids: tuple[str, ...] | list[str]) -> list[Letter]:
    unknown = [name for name in ids if name not in letters]
    if unknown:
        raise Refused(f"there is no dead letter {', '.join(unknown)}; see `evergauge dead list`")
    return [letters[name] for name in ids]


def _send_back(kafka: KafkaSettings, letters: list[Letter]) -> None:
    try:
        producer: Any = KafkaProducer(**connection(kafka), acks="all", max_request_size=LARGEST_MESSAGE)
        for letter in letters:
            key = (
                letter.key if letter.value is not None or letter.key is not None else b""
            )  # Kafka wants one of the two
            producer.send(letter.topic, key=key, value=letter.value, headers=letter.headers).get(timeout=30)
            mark = [(REPLAYED, str(time.time_ns() // 1_000_000).encode())]
            producer.send(dead_topic(kafka), key=letter.id.encode(), value=None, headers=mark).get(timeout=30)
        producer.close()
    except (KafkaError, OSError) as error:
        raise Unavailable("kafka", f"{type(error).__name__}: {error}") from error


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%m-%d %H:%M:%S")
