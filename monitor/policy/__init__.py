"""Decisions: pure, with time and chance passed in."""

from .budget import DAY_MS, HOUR_MS, Budget, Joint, Purse, Purses
from .combined import Combined, Kind, combine, ordered
from .pace import Breaker, Circuit, Rate, Width
from .routing import Router, Routing, Rule
from .sampling import draw, draw_key
from .spending import Limits, Price, affordable
from .verdict import Composite, Decision

__all__ = [
    "DAY_MS",
    "HOUR_MS",
    "Breaker",
    "Budget",
    "Circuit",
    "Combined",
    "Composite",
    "Decision",
    "Joint",
    "Kind",
    "Limits",
    "Price",
    "Purse",
    "Purses",
    "Rate",
    "Router",
    "Routing",
    "Rule",
    "Width",
    "affordable",
    "combine",
    "draw",
    "draw_key",
    "ordered",
]
