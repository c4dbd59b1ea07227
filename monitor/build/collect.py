"""Settings to the desk and what stands behind it."""

import time
from collections.abc import Callable, Collection
from uuid import UUID

from monitor.judges import version
from monitor.pipeline.attention import Attention
from monitor.pipeline.collect import Collect
from monitor.ports import Meter, Opinions, ReviewQueue
from monitor.reviews import Desk, Rule, Rules
from monitor.settings import Settings

from .controls import build_controls
from .judges import build_endpoints, build_panels


def build_collect(
    settings: Settings,
    *,
    queue: ReviewQueue,
    opinions: Opinions,
    leads: Callable[[], Collection[UUID]],
    meter: Meter,
) -> Collect:
    """Assemble the desk; nothing lies on it yet.

    Raises:
        InvalidConfig: everything that is wrong with the rubrics at once.
    """
    rubrics = {name: panel.rubric for name, panel in build_panels(settings, build_endpoints(settings)).items()}
    return Collect(
        desk=Desk(rules(settings)),
        rubrics=rubrics,
        versions={name: version(rubric) for name, rubric in rubrics.items()},
        queue=queue,
        opinions=opinions,
        rule=Rule(settings.reviewing.reconcile),
        leads=leads,
        clock=time.time,
        meter=meter,
        attention=Attention(build_controls(settings, rubrics).items, settings.reviewing.attention_share),
    )


def rules(settings: Settings) -> Rules:
    """How the desk gives items out."""
    return Rules(
        lease_ms=int(settings.reviewing.lease_minutes * 60_000),
        per_day={name: app.reviews.per_day for name, app in settings.apps.items()},
        per_day_else=settings.default.reviews.per_day,
    )
