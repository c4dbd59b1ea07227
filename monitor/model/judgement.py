"""What is asked of a judge, what it replies, and what becomes of it: an opinion of a sample."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from .score import Source

NOBODY = UUID(int=0)


class Missing(StrEnum):
    """Why there is no value: never zero, always one of these."""

    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    """The model would not judge."""
    UNPARSABLE = "unparsable"
    """It replied something else than it was asked for, twice."""
    OVER_BUDGET = "over_budget"
    CIRCUIT_OPEN = "circuit_open"
    """The endpoint failed so often that it is left alone for a while."""
    TOO_LONG = "too_long"
    """What must be shown does not fit into the judge's window."""
    ENDPOINT_ERROR = "endpoint_error"
    WRONG_MODEL = "wrong_model"
    """Another model replied than was asked."""
    NOT_APPLICABLE = "not_applicable"
    """The rubric needs what the sample does not have, such as a reference."""
    NO_MAJORITY = "no_majority"
    """A panel's members are evenly split, or too few of them replied."""
    CANNOT_TELL = "cannot_tell"
    """A person looked, and could not say."""

    @property
    def passes(self) -> bool:
        """Whether it may go well another time: a random part of these is asked again later."""
        return self in _PASSING


_PASSING = frozenset(
    {Missing.TIMEOUT, Missing.RATE_LIMITED, Missing.CIRCUIT_OPEN, Missing.ENDPOINT_ERROR, Missing.UNPARSABLE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of a question."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call of a judge."""

    messages: tuple[Said, ...]
    schema: str
    """What the reply must look like, as a JSON Schema in JSON."""
    longest_reply: int
    """Tokens."""

    @property
    def bytes(self) -> int:
        """Size of all that is said."""
        return sum(len(said.text.encode(errors="replace")) for said in self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an endpoint said, before anybody has looked whether it makes sense."""

    text: str
    model: str = ""
    """What the endpoint says it is."""
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    refused: bool = False
    cut: bool = False
    """It ran into the limit of tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One reply that makes sense, with what it took: what is never paid for twice."""

    content: UUID
    """A hash of the judge's version and of all that it was asked: equal questions have equal ones."""
    judge: str
    version: str
    endpoint: str
    reply: str
    """JSON as the schema wants it."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    """In the currency of the settings' prices, all attempts together."""
    seconds: float = 0.0
    sample: UUID = NOBODY
    """Of which sample it was asked first."""
    asked_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a judge said of one point: a criterion, an order of a pair, a member of a panel."""

    name: str
    value: float | None
    """Met or not; None where it is missing."""
    points: float = 0.0
    """What a criterion is worth."""
    why: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Who said what of which sample, later than the checks: a judge or a person."""

    sample: UUID
    time: datetime
    """The sample's own, so that it lies beside it."""
    app: str
    model: str
    """The one that answered the sample's prompt."""
    source: Source
    scorer: str
    """Name of the judge, or of the rubric that a person used."""
    version: str
    """A hash of model, rubric, prompt and parameters: another one begins a new series."""
    value: float | None
    passed: bool | None = None
    label: str = ""
    why: str = ""
    missing: str = ""
    """Why there is no value: a word of ``Missing``."""
    points: tuple[Point, ...] = ()
    flags: tuple[str, ...] = ()
    """What to know before trusting it: ``shortened``, ``talks_to_judge``, ``fallback``, ``split``."""
    by: UUID = NOBODY
    """The person; nobody for a judge."""
    attempt: int = 0
    """0, or 1 where it was asked again later."""
    inclusion: float = 1.0
    """Probability with which the sample came to be asked; estimates divide by it."""
    reason: str = ""
    """Why it came here."""
    endpoint: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    """What this sample cost: nothing where the judgement of an equal one was used."""
    seconds: float = 0.0
    copied_from: UUID = NOBODY
    """The sample with equal text whose judgement it is."""
    at_ms: int = 0
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Controlled:
    """What a judge said of a control item, whose right verdict is known: never in the product's numbers."""

    judge: str
    version: str
    item: UUID
    """The control item."""
    beside: UUID
    """The sample beside which it was asked."""
    passes: bool
    """The right verdict."""
    passed: bool | None
    """The judge's; None where it gave none."""
    missing: str = ""
    at_ms: int = 0


class Unjudged(Exception):
    """No value came of it, and why: what a judge's every step may end in."""

    def __init__(
        self,
        missing: Missing,
        why: str,
        *,
        retry_after: float | None = None,
        unpaid: bool = False,
        lasting: bool = False,
    ) -> None:
        super().__init__(why)
        self.missing = missing
        self.why = why
        self.retry_after = retry_after
        """Seconds that the endpoint asked us to wait, where it did."""
        self.unpaid = unpaid
        """Whether the call was turned away at the door, so that nobody asks money for it."""
        self.lasting = lasting
        """Whether trying again at once is no use: a wrong key stays wrong."""
        self.cost = 0.0
        """What was paid all the same."""
