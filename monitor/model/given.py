"""Verdicts on the same samples, side by side: what agreement is made of."""

from dataclasses import dataclass
from uuid import UUID

from .score import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A verdict that somebody gave a sample."""

    sample: UUID
    app: str
    judge: str
    """The judge, or the judge whose rubric a person used."""
    source: Source
    version: str
    """Of the judge; of a person's, the rubric's."""
    by: UUID
    """The person; nobody for a judge, and for what all people together came to."""
    value: float
    passed: bool
    inclusion: float
    """Probability with which the sample came to whoever gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One figure of agreement, as it is kept and shown."""

    app: str
    judge: str
    version: str
    pair: str
    """Who is compared with whom."""
    measure: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    because: str = ""
    """Why there is no value: ``insufficient`` or ``undefined``."""
    weighted: bool = False
    """Whether samples count by how probable it was that they came to people."""
