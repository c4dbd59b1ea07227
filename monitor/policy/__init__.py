"""Decisions: pure, with time and chance passed in."""

from .budget import HOUR_MS, Budget, Purse
from .combined import Combined, Kind, combine, ordered
from .routing import Router, Routing, Rule
from .sampling import draw, draw_key
from .verdict import Composite, Decision

__all__ = [
    "HOUR_MS",
    "Budget",
    "Combined",
    "Composite",
    "Decision",
    "Kind",
    "Purse",
    "Router",
    "Routing",
    "Rule",
    "combine",
    "draw",
    "draw_key",
    "ordered",
]
