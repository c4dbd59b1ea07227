"""Numbers that one can trust."""

from .classification import Confusion, Estimate, brier, expected_calibration_error, measures
from .passing import pass_at_k

__all__ = ["Confusion", "Estimate", "brier", "expected_calibration_error", "measures", "pass_at_k"]
