"""What judging may cost, in calls, tokens and money, by hour and by day."""

from dataclasses import dataclass, fields
from math import floor

from monitor.model import Expense, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Of a model: money for a million tokens."""

    question: float
    reply: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """What a call costs.

        >>> Price(question=2.0, reply=8.0).of(1_000, 100)
        0.0028
        """
        return (tokens_in * self.question + tokens_out * self.reply) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that may be spent; None is no limit."""

    calls_per_hour: float | None = None
    calls_per_day: float | None = None
    tokens_per_hour: float | None = None
    tokens_per_day: float | None = None
    money_per_hour: float | None = None
    money_per_day: float | None = None

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return any(getattr(self, one.name) is not None for one in fields(self))

    @property
    def of_money(self) -> bool:
        """Whether money is limited, so that prices must be known."""
        return self.money_per_hour is not None or self.money_per_day is not None

    def left(self, hour: Expense, day: Expense) -> list[tuple[str, float]]:
        """What each limit leaves, by kind of expense.

        Args:
            hour: spent and booked in this hour.
            day: the same of this day.
        """
        spent = {"hour": hour, "day": day}
        return [
            (kind, limit - getattr(spent[span], kind))
            for kind in ("calls", "tokens", "money")
            for span in ("hour", "day")
            if (limit := getattr(self, f"{kind}_per_{span}")) is not None
        ]

    def per_hour(self, expense: Expense) -> float | None:
        """How many such expenses an hour can afford, a day's limit spread evenly; None without a limit.

        >>> Limits(calls_per_day=2_400, money_per_hour=1.0).per_hour(Expense(calls=1, tokens=2_000, money=0.02))
        50.0
        """
        rates = [
            (limit / (24 if span == "day" else 1)) / cost
            for kind in ("calls", "tokens", "money")
            for span in ("hour", "day")
            if (limit := getattr(self, f"{kind}_per_{span}")) is not None and (cost := getattr(expense, kind)) > 0
        ]
        return min(rates, default=None)


def affordable(limits: Limits, spent: Spent, one: Expense) -> float:
    """How many more of one expense the limits allow.

    >>> affordable(Limits(calls_per_hour=10), Spent(hour=Expense(calls=7)), Expense(calls=2))
    1
    """
    left = limits.left(spent.hour, spent.day)
    counts = [floor(max(rest, 0.0) / each + 1e-9) for kind, rest in left if (each := getattr(one, kind)) > 0]
    return min(counts, default=float("inf"))
