"""The outside doors: each with two or three methods, and a twin in memory (``monitor.adapters.memory``)."""

from .judging import Judge, Judgements, Opinions, Samples, Treasury, Verdicts
from .numbers import Labels, Meter
from .records import Archive, Bus, Sink
from .reviewing import ReviewQueue, ReviewTasks, ReviewTool, Users
from .running import Answer, Isolation, Sandbox

__all__ = [
    "Answer",
    "Archive",
    "Bus",
    "Isolation",
    "Judge",
    "Judgements",
    "Labels",
    "Meter",
    "Opinions",
    "ReviewQueue",
    "ReviewTasks",
    "ReviewTool",
    "Samples",
    "Sandbox",
    "Sink",
    "Treasury",
    "Users",
    "Verdicts",
]
