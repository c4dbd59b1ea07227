"""Judgements, opinions and bookings as rows."""

import os
import socket
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from monitor.model import Controlled, Expense, Judgement, Lot, Opinion, Spent

from .client import Address, Connection
from .courier import Courier, Rows

JUDGEMENTS = (
    "content", "judge", "version", "endpoint", "reply", "tokens_in", "tokens_out", "cost", "latency_ms", "sample_id",
    "asked_at", "ver",
)  # fmt: skip
SCORES = (
    "sample_id", "ts", "app", "model", "source", "scorer", "version", "by", "attempt", "value", "passed", "label",
    "why", "missing", "inclusion", "cost_usd", "latency_ms", "scored_at", "point.name", "point.value", "point.points",
    "point.why", "point.tags", "flags", "reason", "endpoint", "tokens_in", "tokens_out", "copied_from", "ver",
    "is_deleted",
)  # fmt: skip
CONTROLS = ("judge", "version", "item", "beside", "passes", "passed", "missing", "at", "ver")
BOOKINGS = ("day", "hour", "app", "lot", "calls", "tokens", "money", "settled", "worker", "ver")
_COLUMNS = {"judgements": JUDGEMENTS, "scores": SCORES, "controls": CONTROLS, "bookings": BOOKINGS}

_KNOWN = """
SELECT content, judge, version, endpoint, reply, tokens_in, tokens_out, cost, latency_ms, sample_id,
       toUnixTimestamp64Milli(asked_at)
FROM judgements FINAL WHERE content IN {contents:Array(UUID)}
"""
_SPENT = """
SELECT app, sumIf(calls, hour = {hour:DateTime('UTC')}), sumIf(tokens, hour = {hour:DateTime('UTC')}),
       sumIf(money, hour = {hour:DateTime('UTC')}), sum(calls), sum(tokens), sum(money)
FROM bookings FINAL WHERE day = toDate({hour:DateTime('UTC')}, 'UTC') GROUP BY app
"""
_PAUSE = 0.05
"""Seconds between inserts of single judgements: at most twenty parts a second."""
_AT_ONCE = 2_000
"""Contents in one question."""


@dataclass(slots=True)
class ClickHouseJudging:
    """Where the judge stage keeps what it must not lose, and reads what others have kept."""

    address: Address
    pause: float = _PAUSE
    """Seconds between inserts; none where somebody waits for each."""
    _connection: Connection = field(init=False)
    _courier: Courier = field(init=False)
    _teller: Courier = field(init=False)
    """Bookings go at once, whatever else waits."""

    def __post_init__(self) -> None:
        self._connection = Connection(self.address)
        self._courier = Courier(self._insert, pause=self.pause)
        self._teller = Courier(self._insert)

    async def known(self, contents: Collection[UUID], /) -> Mapping[UUID, Judgement]:
        asked = list(dict.fromkeys(contents))
        found: dict[UUID, Judgement] = {}
        for start in range(0, len(asked), _AT_ONCE):
            rows = await self._connection.query(
                _KNOWN, {"contents": [str(one) for one in asked[start : start + _AT_ONCE]]}
            )
            found |= {row[0]: _judgement(row) for row in rows}
        return found

    async def keep(self, judgement: Judgement, /) -> None:
        await self._courier.deliver({"judgements": [_encode(_judgement_row(judgement))]})

    async def write(self, opinions: Sequence[Opinion], /) -> None:
        if opinions:
            await self._courier.deliver({"scores": [_encode(opinion_row(opinion)) for opinion in opinions]})

    async def control(self, controlled: Controlled, /) -> None:
        await self._courier.deliver({"controls": [_encode(_control_row(controlled))]})

    async def book(self, lots: Sequence[Lot], /) -> None:
        if lots:
            await self._teller.deliver({"bookings": [_encode(_booking_row(lot)) for lot in lots]})

    async def spent(self, hour_ms: int, /) -> Mapping[str, Spent]:
        rows = await self._connection.query(_SPENT, {"hour": datetime.fromtimestamp(hour_ms / 1000, UTC)})
        return {str(app): Spent(Expense(*numbers[:3]), Expense(*numbers[3:])) for app, *numbers in rows}

    async def close(self) -> None:
        """Give up what is under way and let the connections go."""
        await self._courier.close()
        await self._teller.close()
        await self._connection.close()

    async def _insert(self, rows: Rows) -> None:
        for table, those in rows.items():
            await self._connection.insert(table, _COLUMNS[table], those)


_encode = msgspec.json.Encoder(uuid_format="canonical").encode
_WORKER = f"{socket.gethostname()}/{os.getpid()}"


def _judgement(row: Sequence[Any]) -> Judgement:
    content, judge, version, endpoint, reply, tokens_in, tokens_out, cost, latency_ms, sample, asked_ms = row
    return Judgement(
        content=content,
        judge=str(judge),
        version=str(version),
        endpoint=str(endpoint),
        reply=str(reply),
        tokens_in=int(tokens_in),
        tokens_out=int(tokens_out),
        cost=float(cost),
        seconds=float(latency_ms) / 1000,
        sample=sample,
        asked_ms=int(asked_ms),
    )


def _judgement_row(judgement: Judgement) -> list[object]:
    return [
        judgement.content, judgement.judge, judgement.version, judgement.endpoint, judgement.reply,
        judgement.tokens_in, judgement.tokens_out, judgement.cost, judgement.seconds * 1000, judgement.sample,
        judgement.asked_ms / 1000, _latest_first(judgement.asked_ms),
    ]  # fmt: skip


def opinion_row(opinion: Opinion) -> list[object]:
    """An opinion as the table of scores has it."""
    points = opinion.points
    return [
        opinion.sample, round(opinion.time.timestamp(), 3), opinion.app, opinion.model, opinion.source.value,
        opinion.scorer, opinion.version, opinion.by, opinion.attempt, opinion.value, opinion.passed, opinion.label,
        opinion.why, opinion.missing, opinion.inclusion, opinion.cost, int(opinion.seconds * 1000),
        opinion.at_ms / 1000,
        [p.name for p in points], [p.value for p in points], [p.points for p in points], [p.why for p in points],
        [p.tags for p in points],
        opinion.flags, opinion.reason, opinion.endpoint, opinion.tokens_in, opinion.tokens_out, opinion.copied_from,
        opinion.at_ms, int(opinion.withdrawn),
    ]  # fmt: skip


def _control_row(controlled: Controlled) -> list[object]:
    return [
        controlled.judge, controlled.version, controlled.item, controlled.beside, controlled.passes, controlled.passed,
        controlled.missing, controlled.at_ms / 1000, _latest_first(controlled.at_ms),
    ]  # fmt: skip


def _booking_row(lot: Lot) -> list[object]:
    hour = datetime.fromtimestamp(lot.hour_ms / 1000, UTC)
    spent = lot.expense
    return [
        hour.date().isoformat(), lot.hour_ms // 1000, lot.app, lot.id, spent.calls, spent.tokens, spent.money,
        lot.settled, _WORKER, time.time_ns(),
    ]  # fmt: skip


def _latest_first(ms: int) -> int:
    """A version by which the first of several rows stands: what was paid for first is what counts."""
    return 2**63 - ms
