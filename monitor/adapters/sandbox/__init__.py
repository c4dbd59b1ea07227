"""Where code from answers is run: bubblewrap, or nowhere."""

from .bubblewrap import Bubblewrap

__all__ = ["Bubblewrap"]
