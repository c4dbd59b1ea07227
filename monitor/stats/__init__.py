"""Numbers that one can trust."""

from .agreement import Agreement, Rating, Ratings, agreement
from .classification import Confusion, Estimate, brier, expected_calibration_error, measures, wilson
from .drift import ControlDrift, DriftWatch
from .passing import pass_at_k

__all__ = [
    "Agreement",
    "Confusion",
    "ControlDrift",
    "DriftWatch",
    "Estimate",
    "Rating",
    "Ratings",
    "agreement",
    "brier",
    "expected_calibration_error",
    "measures",
    "pass_at_k",
    "wilson",
]
