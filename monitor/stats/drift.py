"""Whether a judge, or a person, has become worse on control items whose right answer is known.

Bets against "no worse than before" (Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by
betting"), one for failures that are missed and one for false alarms. One looks after each item, for as long as one
likes, and the chance of ever being alarmed for nothing stays below a number that was chosen. Only worse is looked for:
a judge that becomes better is not an alarm.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import exp, lgamma, log, log1p
from typing import Any, Literal

Side = Literal["missed", "false_alarms"]
"""Failures that are said to pass, as a share of failures; passes that are said to fail, as a share of passes."""

_STAKES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Shares of the wealth that are bet on the next item being wrong: the best for a rate of b + stake · (1 − b)."""
_PATIENCE = 100
"""Items of a side over which about an eighth of the money is staked; the later bets start, the less each has."""
_MOST = 1e200
"""Wealth that is bet no further, so that it stays a number; to keep less than one won is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlDrift:
    """When to say that the error rates on control items have risen.

    The chance of any alarm, ever, is at most ``alpha`` as long as neither rate rises: each item is wrong with a
    chance, given all before it, of at most the rate of its side, and the items of the baseline are independent with
    exactly that rate. The order of failures and passes may be anything that does not look ahead. Two parts make it up:

    * Two fifths of ``alpha`` are for a baseline whose bound is below the rate, half for each side (Clopper and Pearson
      1934, one-sided); the union bound adds them. A bound that is given costs nothing.
    * The rest is for the bets. Under the bounds each side's wealth is a non-negative supermartingale that starts at 1,
      in the common time of both sides: on an item of the other side it stands still. So is the mean of both, and by
      Ville's inequality it ever reaches 1 / rest with a chance of at most the rest, which is why one may stop, look
      and go on at will. Money is staked bit by bit, a mixture over times of change, as it would otherwise be lost
      before a late change.

    A side is named when its own wealth is there as well: closed testing over the mean (Vovk and Wang 2021, "E-values:
    calibration, combination and applications"), so that naming a side that has not moved is as rare as a false alarm.

    A judge that changes during the baseline is not found out; begin anew whenever a change is known.
    """

    alpha: float = 0.05
    baseline_items: int = 250
    """Failures, and as many passes, from which the bounds are learned."""
    missed: float | None = None
    """Share of failures that may be missed, where it is not to be learned."""
    false_alarms: float | None = None
    """Share of passes that may be failed, where it is not to be learned."""

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1 or self.baseline_items < 1:
            raise ValueError(f"alpha is a chance and a baseline has items: {self.alpha}, {self.baseline_items}")
        if not all(bound is None or 0 < bound < 1 for bound in (self.missed, self.false_alarms)):
            raise ValueError(f"bounds lie between 0 and 1: {self.missed}, {self.false_alarms}")

    @property
    def unsure(self) -> float:
        """The chance that a learned bound may be too low, one side."""
        return self.alpha / 5

    @property
    def needed(self) -> float:
        """The wealth at which to say so."""
        learned = (self.missed is None) + (self.false_alarms is None)
        return 1 / (self.alpha - learned * self.unsure)


@dataclass(slots=True)
class Wealth:
    """What one side has won, from 1."""

    bound: float | None = None
    """The highest rate that is no worse than before; None while it is learned."""
    items: int = 0
    """Of the baseline, and once the bound is known those that were bet on."""
    wrong: int = 0
    """Among these items."""
    staked: list[float] = field(default_factory=lambda: [0.0] * len(_STAKES))
    """What has become of the money bet so far, by stake."""

    @property
    def total(self) -> float:
        """An e-value: with what is still kept back."""
        return 1.0 if self.bound is None else sum(self.staked) / len(_STAKES) + _kept(self.items)

    def learn(self, wrong: bool, rule: ControlDrift) -> None:
        """Take an item of the baseline."""
        self.items += 1
        self.wrong += wrong
        if self.items == rule.baseline_items:
            self.bound, self.items, self.wrong = _upper(self.wrong, self.items, rule.unsure), 0, 0

    def bet(self, wrong: bool, bound: float) -> None:
        """Take an item after it: L = 1 + λ (x − bound) with λ = stake / bound."""
        fresh = _kept(self.items) - _kept(self.items + 1)
        self.items += 1
        self.wrong += wrong
        for place, stake in enumerate(_STAKES):
            gain = 1 + stake * (1 / bound - 1) if wrong else 1 - stake
            self.staked[place] = min((self.staked[place] + fresh) * gain, _MOST)


@dataclass(slots=True)
class DriftWatch:
    """How it stands with one judge."""

    rule: ControlDrift
    missed: Wealth
    false_alarms: Wealth
    moved: set[Side] = field(default_factory=set[Side])
    """The sides that were found to be worse; once named, a side stays."""

    @classmethod
    def start(cls, rule: ControlDrift) -> "DriftWatch":
        """Begin, and learn the bounds that are not given."""
        return cls(rule, Wealth(rule.missed), Wealth(rule.false_alarms))

    @property
    def evidence(self) -> float:
        """An e-value against "no worse than before": 1 to begin with, the more the worse it looks."""
        return (self.missed.total + self.false_alarms.total) / 2

    def update(self, *, fails: bool, judged_fail: bool) -> bool:
        """Take one control item; True from the moment that something is worse.

        Args:
            fails: the right verdict.
            judged_fail: what was said.
        """
        side = self.missed if fails else self.false_alarms
        if side.bound is None:
            side.learn(fails != judged_fail, self.rule)
        else:
            side.bet(fails != judged_fail, side.bound)
        if self.evidence >= self.rule.needed:
            # the mean has reached it, so at least one of both has
            sides: tuple[tuple[Side, Wealth], ...] = (("missed", self.missed), ("false_alarms", self.false_alarms))
            self.moved |= {name for name, wealth in sides if wealth.total >= self.rule.needed}
        return bool(self.moved)

    def to_dict(self) -> dict[str, Any]:
        """All but the rule, as JSON has it."""
        sides = {"missed": self.missed, "false_alarms": self.false_alarms}
        return {**{name: asdict(wealth) for name, wealth in sides.items()}, "moved": sorted(self.moved)}

    @classmethod
    def from_dict(cls, rule: ControlDrift, kept: Mapping[str, Any]) -> "DriftWatch":
        """Go on from what `to_dict` gave, by the same rule."""
        return cls(rule, _wealth(kept["missed"]), _wealth(kept["false_alarms"]), set(kept["moved"]))


def _wealth(kept: Mapping[str, Any]) -> Wealth:
    return Wealth(kept["bound"], kept["items"], kept["wrong"], [*kept["staked"]])


def _kept(items: int) -> float:
    """The share of the money that is not staked yet: it never runs out, and falls as slowly as a logarithm grows."""
    return log(_PATIENCE) / log(items + _PATIENCE)


def _upper(wrong: int, items: int, unsure: float) -> float:
    """The highest rate that would show so few wrong ones with a chance above ``unsure`` (Clopper and Pearson 1934).

    >>> round(_upper(0, 100, 0.05), 4), _upper(3, 3, 0.05)
    (0.0295, 1.0)
    """
    if wrong == items:
        return 1.0
    low, high = wrong / items, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(wrong, items, middle) > unsure else (low, middle)
    return high


def _at_most(wrong: int, items: int, rate: float) -> float:
    """The binomial chance of so many wrong ones or fewer."""
    return sum(
        exp(
            lgamma(items + 1) - lgamma(k + 1) - lgamma(items - k + 1)
            + k * log(rate) + (items - k) * log1p(-rate)
        )
        for k in range(wrong + 1)
    )  # fmt: skip
