"""What judging costs, and what is set aside for it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Expense:
    """Calls, tokens of question and reply together, and money in the currency of the prices."""

    calls: float = 0
    tokens: float = 0
    money: float = 0.0

    def __add__(self, other: "Expense") -> "Expense":
        return Expense(self.calls + other.calls, self.tokens + other.tokens, self.money + other.money)

    def __sub__(self, other: "Expense") -> "Expense":
        return Expense(self.calls - other.calls, self.tokens - other.tokens, self.money - other.money)

    def __mul__(self, times: float) -> "Expense":
        return Expense(self.calls * times, self.tokens * times, self.money * times)


NOTHING = Expense()


@dataclass(frozen=True, slots=True)
class Spent:
    """What an application has spent and booked, this hour and this day."""

    hour: Expense = NOTHING
    day: Expense = NOTHING

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.hour + other.hour, self.day + other.day)

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.hour - other.hour, self.day - other.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A part of a budget that one worker has booked: nobody else may spend it."""

    id: UUID
    app: str
    hour_ms: int
    """Start of the hour that it is for, milliseconds since 1970."""
    expense: Expense
    """What is booked; once the lot is settled, what was really spent."""
    settled: bool = False
