"""Cheap scorers: pure, and run on every sample."""

from . import (
    conduct,
    functions,
    instructions,
    language,
    operation,
    overlap,
    personal,
    programs,
    reference,
    repetition,
    secrets,
    shape,
    structure,
)
from .base import Check, Finding, Spec, check, checks, register
from .parameters import build_scorers, default_checks, documentation
from .scorer import Scorer

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
    "functions",
    "instructions",
    "language",
    "operation",
    "overlap",
    "personal",
    "programs",
    "reference",
    "register",
    "repetition",
    "secrets",
    "shape",
    "structure",
]
