"""Cheap scorers: pure, and run on every sample."""

from . import conduct, language, operation, privacy, repetition, shape, structure
from .base import (
    Check,
    Finding,
    Scorer,
    Spec,
    build_scorers,
    check,
    checks,
    default_checks,
    documentation,
    register,
)

__all__ = [
    "Check",
    "Finding",
    "Scorer",
    "Spec",
    "build_scorers",
    "check",
    "checks",
    "conduct",
    "default_checks",
    "documentation",
    "language",
    "operation",
    "privacy",
    "register",
    "repetition",
    "shape",
    "structure",
]
