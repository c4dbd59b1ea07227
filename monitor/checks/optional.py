"""Libraries that only some scorers need, and that are too large to ask of everybody."""

import importlib
from typing import Any


def needed(module: str) -> Any:
    """The module.

    Raises:
        ValueError: it is not installed; says how to mend that. Raised when a check is made, so settings are refused at
            start.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise ValueError(f"needs {package}, which is not installed: pip install 'evergauge[scorers]'") from error
