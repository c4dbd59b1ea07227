"""How many judgements an hour the budgets can afford: what Evaluate lowers its shares to, before the draw.

Grade keeps the budgets to the cent; this only sees to it that what is drawn can be paid for, by what a judgement is
expected to cost.
"""

from collections.abc import Mapping
from math import floor

from monitor.pipeline.panel import Panel
from monitor.settings import AppSettings, Settings

from .judges import expected_expense, spending_limits


def pace_of(app: AppSettings, settings: Settings, panels: Mapping[str, Panel]) -> int | None:
    """Judgements an hour of one application: what is set, or less where its budget asks for less; None for no limit."""
    rate = spending_limits(app.budget).per_hour(expected_expense(app, settings, panels))
    said = app.routing.budget_per_hour
    return said if rate is None else floor(rate) if said is None else min(said, floor(rate))


def pace_of_all(settings: Settings, panels: Mapping[str, Panel]) -> int | None:
    """Judgements an hour of all applications together, at the price of the dearest."""
    limits = spending_limits(settings.budget)
    apps = (settings.default, *settings.apps.values())
    rates = [limits.per_hour(expected_expense(app, settings, panels)) for app in apps if app.judges]
    found = [rate for rate in rates if rate is not None]
    return floor(min(found)) if found else None
