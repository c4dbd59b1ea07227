"""From a judged sample to an item for people."""

from dataclasses import dataclass

import msgspec

from monitor.formats import native
from monitor.judges import version
from monitor.model import Item, Opinion, Reason, RouteTo, Source
from monitor.reviews import Selection, item_id

from .panel import Panel
from .routed import Routed

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What an application lays on the desk."""

    selection: Selection
    reviewers: int = 1
    due_hours: float | None = None

    def of(self, routed: Routed, panel: Panel, opinion: Opinion) -> Item | None:
        """The item that comes of a sample; None where nobody needs to look."""
        sample, slip = routed.sample, routed.slip
        if slip.to is RouteTo.HUMAN:
            reason, share = Reason.RULE, 1.0
        elif (selected := self.selection.select(sample, opinion, slip.verdict)) is not None:
            reason, share = selected
        else:
            return None
        return Item(
            id=item_id(sample.app, panel.name, sample),
            sample=sample.id,
            app=sample.app,
            judge=panel.name,
            rubric=version(panel.rubric),
            payload=native.write(sample).decode(),
            reason=reason,
            inclusion=slip.inclusion * share,
            wanted=self.reviewers,
            created_ms=opinion.at_ms,
            due_ms=opinion.at_ms + int(self.due_hours * _HOUR_MS) if self.due_hours else 0,
            opinion=_shown(opinion) if slip.to is RouteTo.JUDGE else "",
            verdict=slip.verdict,
        )


def unasked(routed: Routed, panel: Panel, now_ms: int) -> Opinion:
    """What stands for a judge's opinion where people are asked straight away."""
    sample, slip = routed.sample, routed.slip
    return Opinion(
        sample=sample.id, time=sample.time, app=sample.app, model=sample.model, source=Source.JUDGE, scorer=panel.name,
        version="", value=None, inclusion=slip.inclusion, reason=slip.reason, at_ms=now_ms,
    )  # fmt: skip


def _shown(opinion: Opinion) -> str:
    """What a person is shown of it."""
    said = {
        "value": opinion.value,
        "passed": opinion.passed,
        "label": opinion.label,
        "why": opinion.why,
        "missing": opinion.missing,
        "flags": opinion.flags,
        "points": [{"name": p.name, "value": p.value, "why": p.why} for p in opinion.points],
    }
    return msgspec.json.encode(said).decode()
