"""Ask again: a random part of what a judge could not judge; and what was never asked, once somebody wants that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from monitor.model import Origin, Record, Waiting
from monitor.policy import draw
from monitor.ports import Bus, Samples

from .bookings import Clock
from .inputs import FORMAT_HEADER
from .routed import ORIGIN_HEADER, ROUTE_HEADER, Slip

_LOOK_BACK_MS = 6 * 3_600_000
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
    _sent: set[tuple[UUID, str]] = field(default_factory=set[tuple[UUID, str]])
    """Since the start of this process; the store knows the rest once they were judged again."""

    async def once(self) -> int:
        """Send on what is due; how many those are.

        Raises:
            Unavailable: the store or Kafka is away; call again later.
        """
        if not self.share:
            return 0
        until_ms = int((self.clock() - self.after) * 1000)
        found = await self.samples.missed(until_ms - _LOOK_BACK_MS, until_ms, _AT_ONCE)
        due = [one for one in found if (one.sample, one.judge) not in self._sent and self._drawn(one)]
        await self.bus.resend([_record(one, one.inclusion * self.share, "asked again", attempt=1) for one in due])
        self._sent |= {(one.sample, one.judge) for one in found}
        return len(due)

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
