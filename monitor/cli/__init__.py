"""``evergauge``: what a person types. Other packages add commands by entry point."""

from .main import cli

__all__ = ["cli"]
