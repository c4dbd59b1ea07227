"""Ask again: a random part of what a judge could not judge; and what was never asked, once somebody wants that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from monitor.model import Origin, Record, Waiting
from monitor.policy import draw
from monitor.ports import Bus, Samples

from .bookings import Clock
from .inputs import FORMAT_HEADER
from .routed import ORIGIN_HEADER, ROUTE_HEADER, Slip

_LOOK_BACK_MS = 3_600_000
"""Before the start of this process."""
_SLICE_MS = 60_000
_MOST = 100_000
"""Samples of a slice: more than all workers together judge in a minute."""
_AT_ONCE = 1_000
BACKFILL = "backfill"


@dataclass(slots=True)
class AskAgain:
    """Samples without a value for a passing reason: a draw decides once for each, and its share goes into the weight.

    Those that are missing are not missing at random: failures time out more often. With a random part asked again, and
    weighted by the share, estimates are right again (STATISTICS, pitfall 3).
    """

    samples: Samples
    bus: Bus
    share: float
    after: float
    """Seconds to wait first."""
    clock: Clock
    """Seconds since 1970."""
    _looked_ms: int = 0
    """Until when this process has looked; an earlier one's work shows in the store, once it was judged."""

    async def once(self) -> int:
        """Send on what has become due since the last time, a minute's worth after another; how many those are.

        Raises:
            Unavailable: the store or Kafka is away; call again later, nothing is left out.
        """
        if not self.share:
            return 0
        until_ms, sent = int((self.clock() - self.after) * 1000), 0
        since_ms = self._looked_ms or until_ms - _LOOK_BACK_MS
        for start in range(since_ms, until_ms, _SLICE_MS):
            end = min(start + _SLICE_MS, until_ms)
            due = [one for one in await self.samples.missed(start, end, _MOST) if self._drawn(one)]
            await self.bus.resend([_record(one, one.inclusion * self.share, "asked again", attempt=1) for one in due])
            self._looked_ms, sent = end, sent + len(due)
        return sent

    def _drawn(self, waiting: Waiting) -> bool:
        return draw(waiting.sample.hex, salt=f"again {waiting.judge}") < self.share


async def backfill(waiting: Sequence[Waiting], bus: Bus, done: Callable[[int], None]) -> None:
    """Have samples judged that nobody had drawn.

    They were picked and not drawn: their inclusion is 0, so that no estimate ever weighs them.

    Args:
        waiting: the samples.
        bus: the way to the judges.
        done: told how many are on their way.

    Raises:
        Unavailable: Kafka is away; not all of them are on their way.
    """
    for start in range(0, len(waiting), _AT_ONCE):
        part = waiting[start : start + _AT_ONCE]
        await bus.resend([_record(one, 0.0, BACKFILL, attempt=0) for one in part])
        done(len(part))


def _record(waiting: Waiting, inclusion: float, reason: str, *, attempt: int) -> Record:
    """As Evaluate would have sent it on."""
    slip = Slip(
        index=0,
        sample=waiting.sample,
        app=waiting.app,
        inclusion=inclusion,
        reason=reason,
        attempt=attempt,
        judges=(waiting.judge,),
        verdict=waiting.verdict,
    )
    origin = Origin(reason.replace(" ", "_"), 0, 0)
    headers = (
        (FORMAT_HEADER, b"native"),
        (ORIGIN_HEADER, str(origin).encode()),
        (ROUTE_HEADER, slip.encoded()),
    )
    return Record(origin, waiting.payload, 0, waiting.sample.bytes, headers)
