"""Decisions: pure, with time and chance passed in."""

from .budget import HOUR_MS, Budget, Purse
from .routing import Router, Routing, Rule
from .sampling import draw, draw_key
from .verdict import Composite, Decision

__all__ = ["HOUR_MS", "Budget", "Composite", "Decision", "Purse", "Router", "Routing", "Rule", "draw", "draw_key"]
