"""Bytes to samples: one producer's format a file."""

from . import native, openai
from .base import Decoded, Defaults, Format, Limits, Unreadable, decode, formats

__all__ = ["Decoded", "Defaults", "Format", "Limits", "Unreadable", "decode", "formats", "native", "openai"]
