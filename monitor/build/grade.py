"""Settings to the judge stage."""

import secrets
import time
from collections.abc import Callable, Mapping

from monitor.checks import checks
from monitor.errors import InvalidConfig
from monitor.formats import Limits
from monitor.model import Sample
from monitor.pipeline.asking import Ask
from monitor.pipeline.bookings import Bookings
from monitor.pipeline.controls import Controls
from monitor.pipeline.endpoint import Endpoint
from monitor.pipeline.grade import Grade
from monitor.pipeline.inputs import Input
from monitor.pipeline.offers import Offers
from monitor.pipeline.panel import Panel
from monitor.pipeline.routed import Reader
from monitor.ports import Bus, Judgements, Meter, Opinions, ReviewQueue, Treasury
from monitor.reviews import Selection
from monitor.settings import ReviewSettings, Settings

from .controls import build_controls
from .evaluate import all_formats, load_modules
from .judges import build_endpoints, build_panels, spending_limits


def build_grade(
    settings: Settings,
    *,
    judgements: Judgements,
    opinions: Opinions,
    treasury: Treasury,
    bus: Bus,
    reviews: ReviewQueue,
    meter: Meter,
    endpoints: Mapping[str, Endpoint] | None = None,
) -> Grade:
    """Assemble the judge stage.

    Raises:
        InvalidConfig: everything that is wrong with judges, rubrics and control items at once.
    """
    problems = load_modules(settings)
    known = all_formats(settings, problems)
    panels: dict[str, Panel] = {}
    controls = Controls()
    try:
        panels = build_panels(settings, endpoints if endpoints is not None else build_endpoints(settings))
        controls = build_controls(settings, panels)
    except InvalidConfig as error:
        problems |= error.problems
    if problems:
        raise InvalidConfig(problems)
    approach = checks["talks_to_judge"].make()
    bookings = Bookings(
        limits={name: spending_limits(app.budget) for name, app in settings.apps.items()},
        default=spending_limits(settings.default.budget),
        total=spending_limits(settings.budget),
        treasury=treasury,
        clock=time.time,
    )
    return Grade(
        read=Reader(
            formats=known,
            inputs={entry.topic: Input(format=entry.format, app=entry.app) for entry in settings.topics()},
            limits=Limits(record_bytes=settings.limits.record_bytes, samples=settings.limits.samples),
            tags=frozenset(settings.samples.tags),
        ),
        panels={name: tuple(panels[judge] for judge in app.judges) for name, app in settings.apps.items()},
        default=tuple(panels[judge] for judge in settings.default.judges),
        ask=Ask(judgements=judgements, bookings=bookings, meter=meter, wall_clock=time.time),
        judgements=judgements,
        opinions=opinions,
        bus=bus,
        controls=controls,
        desks={name: offers(app.reviews) for name, app in settings.apps.items()},
        default_desk=offers(settings.default.reviews),
        reviews=reviews,
        suspicious=lambda sample: _fails(approach, sample),
        nonce=lambda: secrets.token_hex(8),
        clock=time.time,
        meter=meter,
    )


def offers(said: ReviewSettings) -> Offers:
    """What an application lays on the desk."""
    return Offers(
        selection=Selection(
            control=said.control,
            unsure=said.unsure,
            disagree=said.disagree,
            complaint=said.complaint,
            complaint_tag=said.complaint_tag,
            complaints=said.complaints,
        ),
        reviewers=said.reviewers,
        due_hours=said.due_hours,
    )


def _fails(approach: Callable[[Sample], object], sample: Sample) -> bool:
    value = getattr(approach(sample), "value", None)
    return value is not None and value < 1.0
