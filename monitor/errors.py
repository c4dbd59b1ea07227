"""Errors, named after who is to blame; each has one handler.

A bug of our own is none of these: it leaves the worker as it is, unacked, and the worker starts again.
"""

from collections.abc import Mapping

_MOST = 2_000
"""Characters of a field's name or a detail that are kept."""


class MonitorError(Exception):
    """Everything that Evergauge raises on purpose."""


class InvalidRecord(MonitorError):
    """The data is to blame: bury the record, move on, never retry."""

    def __init__(self, reason: str, detail: str, *, field: str = "") -> None:
        field, detail = _writable(field), _writable(detail)
        super().__init__(f"{field}: {detail}" if field else detail)
        self.reason = reason
        """A word from a closed set, fit for a metric label, for example ``wrong_type``."""
        self.detail = detail
        self.field = field
        """Where in the record, for example ``input[0].role``; empty when it is the record as a whole."""


class InvalidConfig(MonitorError):
    """The settings are to blame: refuse to start, and say everything that is wrong at once."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for path, problem in problems.items()))
        self.problems = dict(problems)
        """What is wrong and how to mend it, by the path of the setting."""


class Unsafe(MonitorError):
    """This machine cannot isolate a program: it was not run."""


class Gone(MonitorError):
    """What somebody was asked to keep is not there any more: it was deleted by hand."""


class Unavailable(MonitorError):
    """The outside world is to blame: hold the chunk and try again later."""

    def __init__(self, system: str, detail: str, *, retry_after: float | None = None, refused: bool = False) -> None:
        super().__init__(f"{system}: {detail}")
        self.system = system
        self.detail = detail
        self.retry_after = retry_after
        """Seconds that the other side asked us to wait, where it did."""
        self.refused = refused
        """Whether the other side answers, and does not let us in."""


def _writable(text: str) -> str:
    """What comes out of people's data may hold half of a surrogate pair, which nothing can write down."""
    return text[:_MOST].encode(errors="backslashreplace").decode()
