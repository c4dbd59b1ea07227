"""Twins of every port, in memory: for tests, and for commands that need no server."""

from .judging import MemoryJudging, ScriptedJudge
from .numbers import MemoryMeter
from .records import MemoryBus, MemoryStore, Nowhere
from .reviewing import MemoryReviews, MemoryTool
from .running import InProcess, ScriptedSandbox

__all__ = [
    "InProcess",
    "MemoryBus",
    "MemoryJudging",
    "MemoryMeter",
    "MemoryReviews",
    "MemoryStore",
    "MemoryTool",
    "Nowhere",
    "ScriptedJudge",
    "ScriptedSandbox",
]
