"""How far a partition is done without a gap: the only offset that may be committed."""

from collections import deque
from dataclasses import dataclass, field
from typing import Protocol


class Piece(Protocol):
    """A run of offsets that is done as a whole."""

    acked: bool

    @property
    def last_offset(self) -> int: ...


@dataclass(slots=True)
class Prefix:
    """The acked prefix of one partition, whatever the order of acks.

    Stock Faust commits past what is unfinished (faust-streaming issue 606); this does not.
    """

    end: int | None = None
    """The end of the acked prefix; None while nothing is acked here."""
    committed: int | None = None
    _pieces: deque[Piece] = field(default_factory=deque[Piece])

    def add(self, piece: Piece) -> None:
        """Take in the next piece, in the order of offsets."""
        self._pieces.append(piece)

    def advance(self) -> int | None:
        """The offset to commit: the end of the acked prefix; None when it is committed already."""
        end = self.done
        return None if end is None or end == self.committed else end

    @property
    def done(self) -> int | None:
        """The first offset that is not done, or not known to be; None before anything is known."""
        while self._pieces and self._pieces[0].acked:
            self.end = self._pieces.popleft().last_offset + 1
        return self.committed if self.end is None else self.end
