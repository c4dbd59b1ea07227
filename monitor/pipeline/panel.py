"""Who judges: a rubric, and one endpoint or several that judge by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from monitor.judges import Form, Reconcile, Rubric

from .endpoint import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One member of a panel: an endpoint that judges by the panel's rubric."""

    endpoint: Endpoint
    form: Form
    fallback: "Seat | None" = None

    @property
    def version(self) -> str:
        return self.form.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A judge: a rubric, and one endpoint or several that judge by it."""

    name: str
    rubric: Rubric
    seats: tuple[Seat, ...]
    reconcile: Reconcile = Reconcile.MAJORITY
    passes_from: float = 0.5
    """The pass line of a mean."""

    def version(self, seats: Iterable[Seat]) -> str:
        """Of an opinion that these seats have formed."""
        versions = [seat.version for seat in seats]
        if len(versions) == 1:
            return versions[0]
        how = f"mean from {self.passes_from:g}" if self.reconcile is Reconcile.MEAN else self.reconcile
        return blake2b("/".join([how, *versions]).encode(), digest_size=8).hexdigest()
