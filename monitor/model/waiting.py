"""Samples that wait for a judge's second look, or for a first one."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Order(StrEnum):
    """Which of them come first."""

    NEWEST = "newest"
    VALUABLE = "valuable"
    """Those of which the checks are least sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A sample as it was, for one judge."""

    sample: UUID
    app: str
    judge: str
    inclusion: float
    """Probability with which it came to that judge the first time."""
    verdict: str
    """What the checks made of it."""
    payload: bytes
    """Native JSON."""
