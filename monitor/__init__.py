"""Evergauge: how good an LLM application in production really is, at every moment."""

__version__ = "0.1.0"
