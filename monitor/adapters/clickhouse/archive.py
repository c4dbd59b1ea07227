"""What has been written, read back, always through FINAL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitor.model import Origin, Outcome

from .client import Address, Client, Connection, Result, translated

_SPENDING = """
SELECT app, toUnixTimestamp64Milli(toDateTime64(toStartOfHour(arrived), 3, 'UTC')) AS hour,
       toUnixTimestamp64Milli(min(arrived)) AS first, count() AS seen, countIf(judged) AS spent
FROM ledger FINAL
WHERE k_topic = {topic:String} AND k_partition = {partition:UInt16} AND k_offset < {before:UInt64}
  AND arrived >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND outcome NOT IN ('dead', 'ignored')
GROUP BY app, hour
"""

_LEDGER = """
SELECT k_topic, k_partition, uniqExact(k_offset) AS records, min(k_offset) AS first, max(k_offset) AS last,
       countIf(outcome = 'scored') AS scored, countIf(outcome = 'sampled_out') AS sampled_out,
       countIf(outcome = 'over_budget') AS over_budget, countIf(outcome = 'failed') AS failed,
       countIf(outcome = 'dead') AS dead, countIf(outcome = 'ignored') AS ignored
FROM ledger FINAL
WHERE k_topic IN {topics:Array(String)} AND arrived >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
GROUP BY k_topic, k_partition ORDER BY k_topic, k_partition
"""

_IDS = """
SELECT count() AS arrivals, uniqExact(sample_id) AS ids, uniqExact(sample_id, digest) AS contents
FROM ledger FINAL
WHERE k_topic IN {topics:Array(String)} AND arrived >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
  AND outcome NOT IN ('dead', 'ignored')
"""

_UNSTORED = """
SELECT count() FROM (
  SELECT DISTINCT sample_id FROM ledger FINAL
  WHERE k_topic IN {topics:Array(String)} AND arrived >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND outcome NOT IN ('dead', 'ignored')
) WHERE sample_id NOT IN (
  SELECT sample_id FROM samples WHERE arrived >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
)
"""

_MISSING = """
SELECT before + 1 AS first, k_offset - 1 AS last FROM (
  SELECT k_offset, lagInFrame(toInt64(k_offset), 1, toInt64({start:Int64}) - 1) OVER (ORDER BY k_offset) AS before
  FROM (
    SELECT DISTINCT k_offset FROM ledger
    WHERE k_topic = {topic:String} AND k_partition = {partition:UInt16} AND k_offset >= {start:Int64}
      AND k_offset < {end:Int64}
    UNION ALL SELECT toUInt64({end:Int64})
  )
) WHERE k_offset > before + 1 LIMIT 100
"""

_REASONS = """
SELECT outcome, reason, count() FROM ledger FINAL
WHERE k_topic IN {topics:Array(String)} AND arrived >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
  AND outcome IN ('dead', 'ignored')
GROUP BY outcome, reason ORDER BY count() DESC
"""


OUTCOMES = tuple(outcome.value for outcome in Outcome)


@dataclass(slots=True)
class ClickHouseArchive:
    """What a worker needs to know of the past."""

    address: Address
    _connection: Connection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = Connection(self.address)

    async def spending(self, before: Origin, since_ms: int, /) -> Iterable[tuple[str, int, int, int, int]]:
        parameters = {
            "topic": before.topic,
            "partition": before.partition,
            "before": before.offset,
            "since": since_ms,
        }
        rows = await self._connection.query(_SPENDING, parameters)
        return [(str(app), int(hour), int(first), int(seen), int(spent)) for app, hour, first, seen, spent in rows]

    async def close(self) -> None:
        await self._connection.close()


@dataclass(frozen=True, slots=True)
class PartitionLedger:
    """What the ledger holds of one partition."""

    topic: str
    partition: int
    records: int
    first: int
    last: int
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of everything that arrived."""

    partitions: tuple[PartitionLedger, ...]
    arrivals: int
    """Samples, each time they came."""
    ids: int
    """Different samples."""
    contents: int
    """Different samples with different texts: more than ``ids`` when an id was used twice for different calls."""
    unstored: int
    """Samples that the ledger knows and the samples table does not: must be 0."""
    reasons: dict[str, dict[str, int]]
    """Why no sample came of something, by outcome."""

    @property
    def outcomes(self) -> dict[str, int]:
        """Samples by outcome, over all partitions."""
        totals = dict.fromkeys(OUTCOMES, 0)
        for partition in self.partitions:
            for outcome, count in partition.outcomes.items():
                totals[outcome] += count
        return totals


def read_ledger(client: Client, topics: Sequence[str], *, since_ms: int = 0) -> Ledger:
    """The ledger of what arrived at these topics since a time.

    Raises:
        Unavailable: the store is away, or has no ledger.
    """
    parameters = {"topics": list(topics), "since": since_ms}
    with translated():
        partitions = tuple(
            PartitionLedger(
                str(row[0]),
                *(int(value) for value in row[1:5]),
                outcomes=dict(zip(OUTCOMES, map(int, row[5:]), strict=True)),
            )
            for row in _rows(client.query(_LEDGER, parameters=parameters))
        )
        arrivals, ids, contents = map(int, _rows(client.query(_IDS, parameters=parameters))[0])
        unstored = int(_rows(client.query(_UNSTORED, parameters=parameters))[0][0])
        reasons: dict[str, dict[str, int]] = {}
        for outcome, reason, count in _rows(client.query(_REASONS, parameters=parameters)):
            reasons.setdefault(str(outcome), {})[str(reason)] = int(count)
    return Ledger(partitions, arrivals, ids, contents, unstored, reasons)


def missing_offsets(client: Client, topic: str, partition: int, start: int, end: int) -> list[tuple[int, int]]:
    """Ranges of offsets, first and last, in ``start`` ≤ offset < ``end`` of which the ledger knows nothing."""
    if end <= start:
        return []
    parameters = {"topic": topic, "partition": partition, "start": start, "end": end}
    with translated():
        return [(int(first), int(last)) for first, last in _rows(client.query(_MISSING, parameters=parameters))]


def _rows(result: Result) -> Sequence[Sequence[Any]]:
    return result.result_rows
