"""The verbs: one use case a file, the only callers of ports."""

from .evaluate import Batch, Evaluate, Input, Plan
from .replay import Replay, Report

__all__ = ["Batch", "Evaluate", "Input", "Plan", "Replay", "Report"]
