"""People: what they are asked to look at, how they answer, and what their answers come to."""

from .desk import Desk, Refused, Rules
from .form import Field, InvalidAnswers, form_of, mark_of, read_answers
from .reconcile import Rule, reconciled
from .selection import Selection, item_id

__all__ = [
    "Desk",
    "Field",
    "InvalidAnswers",
    "Refused",
    "Rule",
    "Rules",
    "Selection",
    "form_of",
    "item_id",
    "mark_of",
    "read_answers",
    "reconciled",
]
