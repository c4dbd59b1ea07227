"""How often somebody may try: a few times in a while, by any key."""

from collections import deque
from dataclasses import dataclass, field

_MOST_KEYS = 20_000
"""Keys that are remembered; whoever makes up more of them makes us forget the oldest."""


@dataclass(slots=True)
class Throttle:
    """At most ``most`` attempts within ``seconds``."""

    most: int
    seconds: float
    _tried: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])

    def attempt(self, key: str, now: float) -> float:
        """Count an attempt: 0 when it may be made, else the seconds after which the next one may.

        >>> throttle = Throttle(most=2, seconds=60)
        >>> [throttle.attempt("ann", now) for now in (0.0, 10.0, 20.0, 61.0)]
        [0.0, 0.0, 40.0, 0.0]
        """
        tried = self._tried.pop(key, deque[float]())
        while tried and tried[0] <= now - self.seconds:
            tried.popleft()
        self._tried[key] = tried  # the newest last
        if len(tried) >= self.most:
            return max(tried[0] + self.seconds - now, 1.0)
        tried.append(now)
        while len(self._tried) > _MOST_KEYS:
            self._tried.pop(next(iter(self._tried)))
        return 0.0

    def forgive(self, key: str) -> None:
        """Forget all attempts of a key."""
        self._tried.pop(key, None)

    def undo(self, key: str) -> None:
        """Forget the last attempt of a key."""
        if tried := self._tried.get(key):
            tried.pop()
