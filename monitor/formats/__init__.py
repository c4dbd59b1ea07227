"""Bytes to samples: one producer's format a file."""

from . import columns, label_studio, langfuse, litellm, native, openai, otlp, responses
from .base import Decoded, Defaults, Envelope, Format, Ignored, Limits, Unreadable, decode, formats, lacks
from .columns import Columns
from .recognise import Recognised, recognise

__all__ = [
    "Columns",
    "Decoded",
    "Defaults",
    "Envelope",
    "Format",
    "Ignored",
    "Limits",
    "Recognised",
    "Unreadable",
    "columns",
    "decode",
    "formats",
    "label_studio",
    "lacks",
    "langfuse",
    "litellm",
    "native",
    "openai",
    "otlp",
    "recognise",
    "responses",
]
