"""The nouns: frozen values that know nothing of Kafka, files or clocks."""

from .evaluation import DeadLetter, Evaluation, Outcome, Route, RouteTo
from .program import Program, Ran
from .record import Headers, Origin, Record
from .sample import Message, Part, Sample, Tags, ToolCall
from .score import Score, Source, Verdict

__all__ = [
    "DeadLetter",
    "Evaluation",
    "Headers",
    "Message",
    "Origin",
    "Outcome",
    "Part",
    "Program",
    "Ran",
    "Record",
    "Route",
    "RouteTo",
    "Sample",
    "Score",
    "Source",
    "Tags",
    "ToolCall",
    "Verdict",
]
