"""Verdicts of judges and people, read side by side, and what their agreement came to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from monitor.model import Given, Measured, Source

from .client import Address, Connection

_GIVEN = """
SELECT sample_id, app, scorer, toString(source), version, by, argMax(value, attempt), argMax(passed, attempt),
       argMax(inclusion, attempt)
FROM scores FINAL
WHERE source IN ('judge', 'human') AND value IS NOT NULL AND inclusion > 0
  AND scored_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
  AND scored_at <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
  AND ({app:String} = '' OR app = {app:String}) AND ({judge:String} = '' OR scorer = {judge:String})
  AND sample_id IN (
    SELECT sample_id FROM scores WHERE source IN ('judge', 'human')
      AND scored_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    GROUP BY sample_id HAVING uniqExact(scorer, source, by, version) > 1
  )
GROUP BY sample_id, app, scorer, source, version, by
LIMIT 1000000
"""
_CONTROLS = """
SELECT judge, version, passes, passed FROM controls FINAL
WHERE passed IS NOT NULL AND (judge, version) IN (
  SELECT judge, argMax(version, at) FROM controls GROUP BY judge
)
ORDER BY at, beside
"""
_AGREEMENT = ("at", "window_days", "app", "judge", "version", "pair", "measure", "value", "low", "high", "n", "because",
              "weighted")  # fmt: skip


@dataclass(slots=True)
class ClickHouseVerdicts:
    """What agreement is made of, and where it goes."""

    address: Address
    _connection: Connection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = Connection(self.address)

    async def given(self, since_ms: int, until_ms: int, app: str, judge: str, /) -> Sequence[Given]:
        rows = await self._connection.query(_GIVEN, {"since": since_ms, "until": until_ms, "app": app, "judge": judge})
        return [
            Given(
                sample=sample,
                app=str(of),
                judge=str(scorer),
                source=Source(source),
                version=str(version),
                by=by,
                value=float(value),
                passed=bool(passed),
                inclusion=float(inclusion),
            )
            for sample, of, scorer, source, version, by, value, passed, inclusion in rows
        ]

    async def controls(self) -> Mapping[tuple[str, str], Sequence[tuple[bool, bool]]]:
        found: defaultdict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
        for judge, version, passes, passed in await self._connection.query(_CONTROLS, {}):
            found[str(judge), str(version)].append((bool(passes), bool(passed)))
        return found

    async def note(self, measured: Sequence[Measured], at_ms: int, window_days: float, /) -> None:
        rows = [
            msgspec.json.encode(
                [
                    at_ms / 1000, window_days, one.app, one.judge, one.version, one.pair, one.measure, one.value,
                    one.low, one.high, one.n, one.because, one.weighted,
                ]
            )
            for one in measured
        ]  # fmt: skip
        if rows:
            await self._connection.insert("agreement", _AGREEMENT, rows)

    async def close(self) -> None:
        """Let the connection go."""
        await self._connection.close()
