"""``evergauge demo``: a simulated LLM product, streamed through everything, live in the terminal."""

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.request import urlopen
from uuid import uuid4

import click
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from monitor import metrics
from monitor.adapters.clickhouse import ClickHouseReviews
from monitor.build import address
from monitor.cli.files import opened
from monitor.cli.main import FINDINGS, GOOD, Place
from monitor.cli.show import VERDICT_STYLE, news, table
from monitor.model import Role, User
from streams.bus import connection
from streams.embedded.product import DEPLOY_AFTER, Product
from streams.embedded.stack import Stack
from streams.log import positions

from .status import Status, print_status, read_status
from .up import print_addresses, running, tell

REVIEWER = "demo"
_DAY = 120.0
"""Seconds of the product's day when the demo has no end."""
_DRAIN_WITHIN = 60.0
_PIPED_EVERY = 5.0
_RATE_OVER = 10
"""Scrapes; two a second."""


@click.command()
@click.option("--for", "seconds", type=click.FloatRange(min=1), help="End by itself after so many seconds.")
@click.option(
    "--traffic", type=click.Path(exists=True, dir_okay=False), help="Stream this file instead of the simulation."
)
@click.option("--rate", default=200.0, show_default=True, type=click.FloatRange(min=0.1), help="Records a second.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
@click.option("--seed", default=7, show_default=True, help="Of the simulation.")
@click.pass_context
def demo(ctx: click.Context, seconds: float | None, traffic: str | None, rate: float, workers: int, seed: int) -> None:
    """Watch a product being scored: a simulated one, or the records of a file.

    With --for, or at the end of the file, it ends by itself with the ledger; exit code 0 if and only if that adds up.

    \b
    Example:
      evergauge demo --for 60 --rate 300
    """
    place: Place = ctx.obj
    ctx.exit(asyncio.run(_demo(place, Show(seconds, traffic, rate, seed), workers)))


@dataclass(frozen=True, slots=True)
class Show:
    """What is to be shown, and for how long."""

    seconds: float | None
    traffic: str | None
    rate: float
    seed: int

    def values(self, started: float) -> Iterator[bytes]:
        """Records, without end unless they come from a file."""
        if self.traffic:
            with opened(self.traffic) as source:
                yield from source.values()
            return
        length = self.seconds or _DAY
        yield from Product(self.seed).records(
            lambda: datetime.now(UTC), lambda: min((time.monotonic() - started) / length, 1.0)
        )

    @property
    def title(self) -> str:
        if self.traffic:
            return f"Evergauge demo: {self.traffic}"
        return "Evergauge demo: a simulated product"


async def _demo(place: Place, show: Show, workers: int) -> int:
    began = time.monotonic()
    async with running(place, workers, judges=True) as (stack, stopped):
        if "console" in stack.children.names:
            await _let_in(stack)
        print_addresses(stack)
        before, since_ms = await _ends(stack), time.time_ns() // 1_000_000
        view = View(show.title, stack)
        async with shown(view, stopped):
            sent = await produce(stack, show, stopped, view, began)
        tell(f"{sent:,} records sent; waiting until all of them are done")
        status = await drained(stack, since_ms)
        print_status(status)
        missing = sent - (await _ends(stack) - before)
    if missing or status.problems or status.waiting:
        if missing:
            news.print(f"[red]✗ {missing} records were sent and are not in Kafka[/]")
        return FINDINGS
    return GOOD


async def _let_in(stack: Stack) -> None:
    """A reviewer for the demo, with a password of this run."""
    from monitor.console.passwords import hashed, made_up

    store, password = ClickHouseReviews(address(stack.settings())), made_up()
    try:
        known = next((user for user in await store.all() if user.name == REVIEWER), None)
        await store.save(
            User(
                id=known.id if known else uuid4(),
                name=REVIEWER,
                role=Role.LEAD,
                password_hash=hashed(password),
                changed_ms=time.time_ns() // 1_000_000,
            )
        )
    finally:
        await store.close()
    where = stack.addresses["Console"].split()[0]
    stack.addresses["Console"] = f"{where}  (log in as {REVIEWER}, password {password})"


async def _ends(stack: Stack) -> int:
    settings = stack.settings()
    names = [entry.topic for entry in settings.topics()]
    return sum(p.end for p in await asyncio.to_thread(positions, settings.kafka, names))


async def produce(stack: Stack, show: Show, stopped: asyncio.Event, view: "View", began: float) -> int:
    settings = stack.settings()
    topic = settings.topics()[0].topic
    producer = AIOKafkaProducer(**connection(settings.kafka), acks="all", linger_ms=20)
    await producer.start()
    started, sent = time.monotonic(), 0
    view.began = began
    pending: list[asyncio.Future[object]] = []
    try:
        for value in show.values(started):
            elapsed = time.monotonic() - started
            if stopped.is_set() or (show.seconds and elapsed >= show.seconds):
                break
            pending.append(await producer.send(topic, value))
            sent += 1
            view.sent, view.day = sent, elapsed / (show.seconds or _DAY)
            if (ahead := sent / show.rate - elapsed) > 0:
                await asyncio.sleep(ahead)
            if len(pending) >= 2_000:
                await asyncio.gather(*pending)
                pending.clear()
        await asyncio.gather(*pending)
    finally:
        await producer.stop()
    return sent


async def drained(stack: Stack, since_ms: int) -> Status:
    """The ledger since then, once nothing waits any more or waiting took too long."""
    settings, deadline = stack.settings(), time.monotonic() + _DRAIN_WITHIN
    while True:
        status = await asyncio.to_thread(read_status, settings, since_ms=since_ms)
        if not status.waiting or time.monotonic() > deadline:
            return status
        await asyncio.sleep(0.5)


@dataclass(slots=True)
class Tally:
    """What the workers' metrics say at one moment."""

    samples: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    """By app, outcome and verdict."""
    failures: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict[str, Counter[str]](Counter))
    """By app and check."""
    dead: Counter[str] = field(default_factory=Counter[str])
    judged: Counter[str] = field(default_factory=Counter[str])
    """By what the judge said, or why it said nothing."""
    offered: int = 0
    """Items that wait for people."""
    lag: float = 0.0

    def take(self, name: str, labels: dict[str, str], value: float) -> None:
        """Add one line of a worker's metrics."""
        if name == metrics.SAMPLES.name:
            self.samples[labels["app"], labels["outcome"], labels["verdict"]] += int(value)
        elif name == metrics.FAILED_CHECKS.name:
            self.failures[labels["app"]][labels["check"]] += int(value)
        elif name == metrics.DEAD_LETTERS.name:
            self.dead[labels["reason"]] += int(value)
        elif name == metrics.JUDGED_SAMPLES.name:
            self.judged[labels["outcome"]] += int(value)
        elif name == metrics.OFFERED.name:
            self.offered += int(value)
        elif name == metrics.LAG.name and not labels["topic"].endswith(".judge"):
            self.lag += value


@dataclass(slots=True)
class View:
    """What happens right now, from the workers' own metrics."""

    title: str
    stack: Stack
    sent: int = 0
    day: float = 0.0
    began: float = 0.0
    first_scored: float | None = None
    """Seconds from the start of the command to the first scored sample."""
    now: Tally = field(default_factory=Tally)
    _totals: deque[tuple[float, int]] = field(default_factory=lambda: deque[tuple[float, int]](maxlen=_RATE_OVER))

    def scrape(self) -> None:
        """Ask every worker; the terminal shows the old tally until the new one is whole."""
        tally = Tally()
        for port in self.stack.metrics_ports:
            try:
                with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
                    text = answer.read().decode()
            except OSError:
                continue  # it starts again; what it counted before is in the ledger
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    tally.take(sample.name, sample.labels, sample.value)
        at, total = time.monotonic(), tally.samples.total()
        self.now = tally
        self._totals.append((at, total))
        if total and self.first_scored is None:
            self.first_scored = at - self.began

    @property
    def rate(self) -> float:
        """Samples a second over the last few scrapes."""
        if len(self._totals) < 2:
            return 0.0
        (start, before), (end, after) = self._totals[0], self._totals[-1]
        return max(after - before, 0) / max(end - start, 1e-3)

    def line(self) -> str:
        """All of it in a line, where there is no terminal."""
        outcomes = Counter[str]()
        for (_, outcome, _), times in self.now.samples.items():
            outcomes[outcome] += times
        said = ", ".join(f"{outcome} {times:,}" for outcome, times in sorted(outcomes.items()))
        dead, judged = self.now.dead.total(), self.now.judged.total()
        return (
            f"sent {self.sent:,}, {self.rate:,.0f} samples/s, {said}, dead {dead:,}, judged {judged:,}, "
            f"lag {self.now.lag:,.0f}"
        )

    def __rich__(self) -> Group:
        head = Text.assemble(
            (self.title, "bold"),
            f"   {self.sent:,} records sent   ",
            (f"{self.rate:,.0f} samples/s", "cyan"),
            f"   lag {self.now.lag:,.0f}",
            f"   first sample scored after {self.first_scored:.1f} s" if self.first_scored else "",
        )
        parts: list[Text | Table] = [head, self._apps()]
        if self.now.dead:
            said = ", ".join(f"{reason} {times:,}" for reason, times in self.now.dead.most_common())
            parts.append(Text(f"dead letters: {said}", "red"))
        if self.now.judged:
            said = ", ".join(f"{outcome} {times:,}" for outcome, times in self.now.judged.most_common())
            judge = "a stand-in judge" if "judge" in self.stack.children.names else "the judge"
            parts.append(Text(f"{judge}: {said}; {self.now.offered:,} items for people", "cyan"))
        if self.title.endswith("product") and self.day > DEPLOY_AFTER:
            parts.append(Text("invoice-extractor was deployed: release 2.4.0", "yellow"))
        return Group(*parts)

    def _apps(self) -> Table:
        rows: list[tuple[str | Text, ...]] = []
        for app in sorted({app for app, _, _ in self.now.samples}):
            mine = Counter[str]()
            for (name, outcome, verdict), times in self.now.samples.items():
                if name == app:
                    mine.update({outcome: times, verdict: times})
            total = sum(mine[verdict] for verdict in ("pass", "fail", "unsure"))
            worst = ", ".join(f"{check} {times / total:.1%}" for check, times in self.now.failures[app].most_common(3))
            rows.append(
                (app, f"{total:,}", *(Text(f"{mine[v] / total:.1%}", style) for v, style in VERDICT_STYLE.items()),
                 f"{mine['scored']:,}", f"{mine['sampled_out']:,}",
                 f"{mine['over_budget']:,}", f"{mine['failed']:,}", worst)
            )  # fmt: skip
        numbers = ("samples", "pass", "fail", "unsure", "scored", "sampled out", "over budget", "failed")
        return table("", ("app", *numbers, "fails most"), rows, numbers=numbers)


class shown:
    """Keep a view fresh for the length of a block: live in a terminal, a line now and then elsewhere."""

    def __init__(self, view: View, stopped: asyncio.Event) -> None:
        self.view, self.stopped = view, stopped
        self.live = Live(view, console=news, refresh_per_second=4, transient=False) if news.is_terminal else None
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        if self.live:
            self.live.start()
        self.task = asyncio.create_task(self._refresh())

    async def __aexit__(self, *_: object) -> None:
        if self.task:
            self.task.cancel()
        await asyncio.to_thread(self.view.scrape)
        if self.live:
            self.live.refresh()
            self.live.stop()
        else:
            tell(self.view.line())

    async def _refresh(self) -> None:
        told, first = time.monotonic(), False
        while True:
            await asyncio.to_thread(self.view.scrape)
            if self.view.first_scored and not first:
                first = True
                if not self.live:
                    tell(f"first sample scored after {self.view.first_scored:.1f} s")
            if not self.live and time.monotonic() - told > _PIPED_EVERY:
                told = time.monotonic()
                tell(self.view.line())
            await asyncio.sleep(0.5 if self.view.first_scored else 0.1)
