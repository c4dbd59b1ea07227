"""How the records of a topic are read, where their headers do not say."""

from dataclasses import dataclass

from monitor.judges import MARK
from monitor.model import Record, Sample

FORMAT_HEADER = "evergauge-format"
APP_HEADER = "evergauge-app"
JUDGE_HEADER = "evergauge-judge"
"""On records of a gateway that knows by our HTTP header that the call was a judge's."""


def is_ours(sample: Sample, record: Record) -> bool:
    """Whether it is a call that one of our judges has made, whatever way it took back to us."""
    if sample.user == MARK or (record.headers and record.header(JUDGE_HEADER)):
        return True
    first = sample.messages[0] if sample.messages else None
    # our mark is an order of ours: what a stranger says in a user's place hides nothing
    return first is not None and first.role in {"system", "developer"} and first.text.startswith(MARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What the settings say of one topic."""

    format: str = "native"
    app: str = ""
    first_place: int = 0
    """Where this topic's partitions begin among those of all inputs, which share a budget."""
