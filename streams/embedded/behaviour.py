"""What can be told to the stand-in judge: how it judges, how fast it is, and what goes wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, cast, get_type_hints

import msgspec

from monitor.errors import InvalidConfig

from .opinions import Share, Traits

Amount = Annotated[float, msgspec.Meta(ge=0)]


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What may go wrong with a call; each is a share of calls."""

    rate_limited: Share = 0.0
    """429 with Retry-After."""
    out_of_quota: Share = 0.0
    """429 that no waiting heals."""
    unauthorised: Share = 0.0
    """401."""
    too_long: Share = 0.0
    """400, the prompt exceeds the context."""
    server_error: Share = 0.0
    """500."""
    overloaded: Share = 0.0
    """503 with Retry-After."""
    hang: Share = 0.0
    """No answer until the client goes away."""
    disconnect: Share = 0.0
    """The connection ends in the middle of the body."""
    html: Share = 0.0
    """200 with a page, as proxies do."""
    error_as_200: Share = 0.0
    """200 with an error for a body, as gateways do."""
    endless: Share = 0.0
    """200 with a body that drips and never ends."""
    huge: Share = 0.0
    """200 with a body of 100 MiB."""
    bad_json: Share = 0.0
    """Single quotes instead of double ones."""
    truncated: Share = 0.0
    """Cut, with the finish reason ``length``."""
    fenced: Share = 0.0
    """The right JSON between prose and a Markdown fence."""
    thinking: Share = 0.0
    """The right JSON after a train of thought that holds braces too."""
    wrong_shape: Share = 0.0
    """JSON that is not what the schema asks for."""
    refused: Share = 0.0
    """A refusal, in the field for it or as plain text."""
    filtered: Share = 0.0
    """Stopped by a content filter."""
    empty: Share = 0.0
    """Neither content nor tool call."""
    wrong_model: Share = 0.0
    """Another model answers than was asked."""
    no_usage: Share = 0.0
    """Nothing tells what it cost."""


KINDS = tuple(one.name for one in fields(Faults))


@dataclass(frozen=True, kw_only=True)
class Behaviour(Traits, Faults):
    """All that can be told to the judge, how it judges and what goes wrong included."""

    models: tuple[str, ...] = ()
    """Names that are served, others are a 404; none means any."""
    key: str = ""
    """Bearer token to ask for; empty lets everybody in."""
    latency_ms: Amount = 0.0
    """Median time to answer."""
    latency_sigma: Amount = 0.0
    """Spread of the lognormal around it: 0 is none, 1 a wide one."""
    requests_per_second: Amount = 0.0
    """Beyond this, after one second's worth at once: 429 with Retry-After. 0 is no limit."""
    retry_after: Amount = 1.0
    """Seconds that ``rate_limited`` and ``overloaded`` ask to wait."""
    fault_attempts: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Faults befall only this many first attempts at a question; 0 is all."""

    def __post_init__(self) -> None:
        total = sum(share for _, share in self.faults())
        if total > 1 + 1e-9:
            raise InvalidConfig({"faults": f"their shares add up to {total:g}, which is more than 1"})

    def faults(self) -> tuple[tuple[str, float], ...]:
        """The faults that may happen, and how often."""
        return tuple((kind, share) for kind in KINDS if (share := cast(float, getattr(self, kind))))

    def changed(self, changes: Mapping[str, object]) -> "Behaviour":
        """This behaviour with some fields replaced.

        Raises:
            InvalidConfig: names every field that is unknown or that cannot have this value.
        """
        hints = get_type_hints(Behaviour, include_extras=True)
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for name, value in changes.items():
            try:
                values[name] = msgspec.convert(value, hints[name])
            except KeyError:
                problems[name] = "is no behaviour; there are " + ", ".join(sorted(hints))
            except msgspec.ValidationError as error:
                problems[name] = str(error)
        if problems:
            raise InvalidConfig(problems)
        return replace(self, **values)
