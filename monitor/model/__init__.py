"""The nouns: frozen values that know nothing of Kafka, files or clocks."""

from .evaluation import DeadLetter, Evaluation, Outcome, Route, RouteTo
from .record import Origin, Record
from .sample import Message, Part, Sample, ToolCall
from .score import Score, Source, Verdict

__all__ = [
    "DeadLetter",
    "Evaluation",
    "Message",
    "Origin",
    "Outcome",
    "Part",
    "Record",
    "Route",
    "RouteTo",
    "Sample",
    "Score",
    "Source",
    "ToolCall",
    "Verdict",
]
