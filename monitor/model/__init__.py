"""The nouns: frozen values that know nothing of Kafka, files or clocks."""

from .evaluation import DeadLetter, Evaluation, Outcome, Route, RouteTo
from .expense import NOTHING, Expense, Lot, Spent
from .judgement import NOBODY, Controlled, Judgement, Missing, Opinion, Point, Question, Reply, Said, Unjudged
from .program import Program, Ran
from .record import Headers, Origin, Record
from .review import Item, Reason, Review, State
from .sample import Message, Part, Sample, Tags, ToolCall
from .score import Score, Source, Verdict
from .user import Role, User

__all__ = [
    "NOBODY",
    "NOTHING",
    "Controlled",
    "DeadLetter",
    "Evaluation",
    "Expense",
    "Headers",
    "Item",
    "Judgement",
    "Lot",
    "Message",
    "Missing",
    "Opinion",
    "Origin",
    "Outcome",
    "Part",
    "Point",
    "Program",
    "Question",
    "Ran",
    "Reason",
    "Record",
    "Reply",
    "Review",
    "Role",
    "Route",
    "RouteTo",
    "Said",
    "Sample",
    "Score",
    "Source",
    "Spent",
    "State",
    "Tags",
    "ToolCall",
    "Unjudged",
    "User",
    "Verdict",
]
