"""What became of a sample: verdict, route and outcome."""

from dataclasses import dataclass
from enum import StrEnum

from .record import Headers, Origin, Record
from .sample import Sample
from .score import Score, Verdict


class RouteTo(StrEnum):
    """Who looks next."""

    NOBODY = "nobody"
    JUDGE = "judge"
    HUMAN = "human"


class Outcome(StrEnum):
    """The one reason why a sample has, or lacks, a verdict beyond the cheap checks."""

    SCORED = "scored"
    """It got what the policy wants for it: drawn for a judge or a person, or nobody is asked for this app."""
    SAMPLED_OUT = "sampled_out"
    """The draw left it to the checks alone; the probability is logged."""
    OVER_BUDGET = "over_budget"
    """It would have been drawn, had the budget not lowered the share before the draw."""
    FAILED = "failed"
    """No check could give it a value; each says why."""
    DEAD = "dead"
    """It cannot be evaluated at all; its bytes are kept with the dead letters."""
    IGNORED = "ignored"
    """It is in order and holds nothing to evaluate: a span that is no call of a model, a call without its text."""

    @property
    def of_a_sample(self) -> bool:
        """Whether a sample came of it, with scores."""
        return self not in {Outcome.DEAD, Outcome.IGNORED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Who looks next, and how that was decided."""

    to: RouteTo
    inclusion: float
    """Probability with which this sample was to be sent on; estimates divide by it."""
    reason: str
    policy: int
    """Version of the policy that decided: a hash of everything it depends on."""
    short_of_budget: bool = False
    """True when the sample would have been drawn, had the budget not lowered ``inclusion``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A sample with everything that was found out and decided."""

    sample: Sample
    record: Record
    scores: tuple[Score, ...]
    composite: float | None
    verdict: Verdict
    because: str
    """Which part decided the verdict."""
    route: Route
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record, or one sample of it, that cannot be evaluated: what, where from and why."""

    outcome: Outcome = Outcome.DEAD
    """``IGNORED`` where nothing is wrong with it: it goes into the ledger, and its bytes are not kept."""
    origin: Origin
    index: int | None
    """Position in the record; None when it is the record as a whole."""
    reason: str
    field: str
    detail: str
    value: bytes | None
    key: bytes | None
    headers: Headers
    arrived_ms: int

    @property
    def id(self) -> str:
        """The same on every redelivery."""
        return str(self.origin) if self.index is None else f"{self.origin}/{self.index}"
