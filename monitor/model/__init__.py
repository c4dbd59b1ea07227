"""The nouns: frozen values that know nothing of Kafka, files or clocks."""

from .evaluation import DeadLetter, Evaluation, Outcome, Route, RouteTo
from .expense import NOTHING, Expense, Lot, Spent
from .judgement import NOBODY, Controlled, Judgement, Missing, Opinion, Point, Question, Reply, Said, Unjudged
from .program import Program, Ran
from .record import Headers, Origin, Record
from .sample import Message, Part, Sample, Tags, ToolCall
from .score import Score, Source, Verdict

__all__ = [
    "NOBODY",
    "NOTHING",
    "Controlled",
    "DeadLetter",
    "Evaluation",
    "Expense",
    "Headers",
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
    "Record",
    "Reply",
    "Route",
    "RouteTo",
    "Said",
    "Sample",
    "Score",
    "Source",
    "Spent",
    "Tags",
    "ToolCall",
    "Unjudged",
    "Verdict",
]
