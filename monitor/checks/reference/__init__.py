"""Scorers that hold the answer against a reference: any of several right answers will do."""

from . import bleu, choice, chrf, contained, edit, equality, exact, label, meaning, number, rouge

__all__ = ["bleu", "choice", "chrf", "contained", "edit", "equality", "exact", "label", "meaning", "number", "rouge"]
