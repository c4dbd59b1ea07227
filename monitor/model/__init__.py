"""The nouns: frozen values that know nothing of Kafka, files or clocks."""

from .annotation import Annotation, Posted, Project, Seen, Task
from .evaluation import DeadLetter, Evaluation, Outcome, Route, RouteTo
from .expense import NOTHING, Expense, Lot, Spent
from .given import Given, Measured
from .judgement import NOBODY, Controlled, Judgement, Missing, Opinion, Point, Question, Reply, Said, Unjudged
from .program import Program, Ran
from .record import Headers, Origin, Record
from .review import Item, Reason, Review, State
from .sample import Message, Part, Sample, Tags, ToolCall
from .score import Score, Source, Verdict
from .user import Role, User
from .waiting import Order, Waiting

__all__ = [
    "NOBODY",
    "NOTHING",
    "Annotation",
    "Controlled",
    "DeadLetter",
    "Evaluation",
    "Expense",
    "Given",
    "Headers",
    "Item",
    "Judgement",
    "Lot",
    "Measured",
    "Message",
    "Missing",
    "Opinion",
    "Order",
    "Origin",
    "Outcome",
    "Part",
    "Point",
    "Posted",
    "Program",
    "Project",
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
    "Seen",
    "Source",
    "Spent",
    "State",
    "Tags",
    "Task",
    "ToolCall",
    "Unjudged",
    "User",
    "Verdict",
    "Waiting",
]
