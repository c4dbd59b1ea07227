"""Samples as they were, read back for a judge that has not seen them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from monitor.model import Missing, Order, Waiting

from .client import Address, Connection

_COLUMNS = """
       s.sample_id AS id, s.producer_id AS producer_id, s.app AS app, s.ts AS ts, s.inclusion AS inclusion,
       t.input AS input, t.output AS output, t.context AS context, t.reference AS reference, t.extra AS extra,
       s.model AS model, s.model_version AS model_version, s.provider AS provider, s.prompt_version AS prompt_version,
       s.release AS release, s.env AS env, s.trace_id AS trace_id, s.conversation_id AS conversation_id, s.tags AS tags,
       toString(s.verdict) AS verdict
"""

_MISSED = (
    "SELECT"
    + _COLUMNS
    + """, w.scorer AS judge, w.inclusion AS judged_inclusion
FROM (
  SELECT sample_id, scorer, inclusion FROM scores FINAL
  WHERE source = 'judge' AND attempt = 0 AND missing IN {reasons:Array(String)}
    AND scored_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND scored_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND (sample_id, scorer) NOT IN (
      SELECT sample_id, scorer FROM scores FINAL WHERE source = 'judge' AND (attempt > 0 OR value IS NOT NULL)
        AND scored_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    )
) AS w
INNER JOIN (SELECT * FROM samples FINAL) AS s ON s.sample_id = w.sample_id
INNER JOIN (SELECT * FROM texts FINAL) AS t ON t.sample_id = w.sample_id
LIMIT {limit:UInt32}
"""
)

_UNJUDGED = (
    "SELECT"
    + _COLUMNS
    + """, {judge:String} AS judge, 0.0 AS judged_inclusion
FROM (
  SELECT * FROM samples FINAL WHERE app = {app:String} AND ts >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND ts < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND ({outcome:String} = '' OR toString(outcome) = {outcome:String})
) AS s
INNER JOIN (SELECT * FROM texts FINAL WHERE app = {app:String}) AS t ON t.sample_id = s.sample_id
WHERE s.sample_id NOT IN (
  SELECT sample_id FROM scores FINAL WHERE source = 'judge' AND scorer = {judge:String} AND value IS NOT NULL
)
ORDER BY if({newest:Bool}, 0, s.verdict = 'unsure') DESC, if({newest:Bool}, 0, ifNull(s.composite, 0)) ASC, s.ts DESC
LIMIT {limit:UInt32}
"""
)
_NAMES = (
    "id", "producer_id", "app", "ts", "inclusion", "input", "output", "context", "reference", "extra", "model",
    "model_version", "provider", "prompt_version", "release", "env", "trace_id", "conversation_id", "tags", "verdict",
    "judge", "judged_inclusion",
)  # fmt: skip
_SAME = (
    "app", "output", "model", "model_version", "provider", "prompt_version", "release", "env", "trace_id",
    "conversation_id",
)  # fmt: skip


@dataclass(slots=True)
class ClickHouseSamples:
    """What judges have not seen, or could not judge."""

    address: Address
    _connection: Connection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = Connection(self.address)

    async def missed(self, since_ms: int, until_ms: int, limit: int, /) -> Sequence[Waiting]:
        reasons = [missing.value for missing in Missing if missing.passes]
        return await self._read(_MISSED, {"since": since_ms, "until": until_ms, "limit": limit, "reasons": reasons})

    async def unjudged(
        self, app: str, judge: str, since_ms: int, until_ms: int, /, *, order: Order, outcome: str, limit: int
    ) -> Sequence[Waiting]:
        wanted: dict[str, object] = {"app": app, "judge": judge, "since": since_ms, "until": until_ms}
        wanted |= {"newest": order is Order.NEWEST, "outcome": outcome, "limit": limit}
        return await self._read(_UNJUDGED, wanted)

    async def close(self) -> None:
        """Let the connection go."""
        await self._connection.close()

    async def _read(self, question: str, parameters: Mapping[str, object]) -> Sequence[Waiting]:
        rows = await self._connection.query(question, parameters)
        return [_waiting(dict(zip(_NAMES, row, strict=True))) for row in rows]


def _waiting(row: Mapping[str, Any]) -> Waiting:
    return Waiting(
        sample=row["id"],
        app=str(row["app"]),
        judge=str(row["judge"]),
        inclusion=float(row["judged_inclusion"]),
        verdict=str(row["verdict"]),
        payload=_native(row),
    )


def _native(row: Mapping[str, Any]) -> bytes:
    """The sample as native JSON."""
    said: dict[str, object] = {"id": row["producer_id"] or str(row["id"]), "timestamp": row["ts"].isoformat()}
    said |= {name: row[name] for name in _SAME if row[name] or name == "output"}
    for name in ("input", "context", "reference"):
        if row[name]:
            said[name] = msgspec.Raw(str(row[name]).encode())
    said.setdefault("input", "")
    if row["extra"]:
        said |= msgspec.json.decode(row["extra"], type=dict[str, msgspec.Raw])
    if row["tags"]:
        said["tags"] = dict(row["tags"])
    return msgspec.json.encode(said)
