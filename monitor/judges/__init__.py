"""The pure half of judging: what is asked by a rubric, and what the replies come to."""

from .fence import Nonce, fenced, shortened, unguessed
from .healthbench import Overall, overall, score, scores_by_tag
from .marking import Marked, marked
from .panel import Reconcile, reconciled
from .prompt import MARK, PROMPT_VERSION, Call, Form, again, calls
from .reply import Replied, Unparsable, read_reply
from .rubric import SCHEMA, Checklist, Criteria, Criterion, Grade, Pairwise, Rubric, read_rubric, version
from .samples import criteria_of

__all__ = [
    "MARK",
    "PROMPT_VERSION",
    "SCHEMA",
    "Call",
    "Checklist",
    "Criteria",
    "Criterion",
    "Form",
    "Grade",
    "Marked",
    "Nonce",
    "Overall",
    "Pairwise",
    "Reconcile",
    "Replied",
    "Rubric",
    "Unparsable",
    "again",
    "calls",
    "criteria_of",
    "fenced",
    "marked",
    "overall",
    "read_reply",
    "read_rubric",
    "reconciled",
    "score",
    "scores_by_tag",
    "shortened",
    "unguessed",
    "version",
]
