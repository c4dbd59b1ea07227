"""People: what they are asked to look at, how they answer, and what their answers come to."""

from .desk import Desk, Refused, Rules
from .form import Field, InvalidAnswers, form_of, mark_of, read_answers
from .labelled import Filled, Misfit, read_result, regions
from .labelling import FORM_VERSION, configuration, task_of
from .reconcile import Rule, reconciled
from .selection import Selection, item_id
from .tally import Progress, Tally

__all__ = [
    "FORM_VERSION",
    "Desk",
    "Field",
    "Filled",
    "InvalidAnswers",
    "Misfit",
    "Progress",
    "Refused",
    "Rule",
    "Rules",
    "Selection",
    "Tally",
    "configuration",
    "form_of",
    "item_id",
    "mark_of",
    "read_answers",
    "read_result",
    "reconciled",
    "regions",
    "task_of",
]
