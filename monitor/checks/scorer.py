"""A check as one application runs it: how its answer becomes a score, whatever it answers."""

import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from monitor.model import Sample, Score

from .base import Answer, Check, Finding, Spec, Tried

_LONGEST = 2_000
"""Characters of an explanation that are kept."""


@dataclass(slots=True)
class Scorer:
    """A check as one application runs it: with its parameters and its pass line."""

    spec: Spec
    check: Check
    passes_from: float
    share: float = 1.0
    """The share of samples that it looks at, drawn like any other."""
    apart: Callable[[Sample], float | None] | None = None
    """Seconds to allow in a process of its own, for a sample that may make the check run away; most need none."""
    tried: "Tried | None" = None
    """The check's two halves around a sandbox, where it tries code."""
    _many: Callable[[Sequence[Sample]], Sequence[Answer]] | None = None
    """The check's own way to look at a whole chunk, where it has one."""
    _known: dict[tuple[float | None, str, str], Score] = field(
        default_factory=dict[tuple[float | None, str, str], Score]
    )
    """Most findings say the same again and again; their scores are built once."""

    def __post_init__(self) -> None:
        limit = self.spec.limit
        if limit is not None:
            self.apart = lambda _: limit
        elif callable(apart := getattr(self.check, "apart", None)):
            self.apart = typing.cast(Callable[[Sample], float | None], apart)
        if callable(many := getattr(self.check, "many", None)):
            self._many = typing.cast(Callable[[Sequence[Sample]], Sequence[Answer]], many)
        if isinstance(self.check, Tried):
            self.tried = self.check

    @property
    def name(self) -> str:
        return self.spec.name

    def scores(self, samples: Sequence[Sample]) -> list[Score]:
        """One score a sample, in order; a check that gains from it gets all of them at once."""
        if self._many is None:
            return [self.score(sample) for sample in samples]
        try:
            answers = list(self._many(samples))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  a person's check may raise anything
            return [self.broken("raised", spoken(error))] * len(samples)
        if len(answers) != len(samples):
            said = f"gave {len(answers)} answers for {len(samples)} samples"
            return [self.broken("rubbish", said)] * len(samples)
        return [self.read(answer) for answer in answers]

    def not_drawn(self) -> Score:
        """The score of a sample that the check's share left out."""
        return Score(
            scorer=self.spec.name,
            version=self.spec.version,
            value=None,
            why=f"not drawn: looks at a share of {self.share:g}",
            label=NOT_DRAWN,
            inclusion=self.share,
        )

    def score(self, sample: Sample) -> Score:
        """The check's score; a check that raises or answers rubbish costs only this."""
        try:
            answer = self.check(sample)
        except KeyboardInterrupt:  # a person at the terminal
            raise
        except BaseException as error:  # noqa: BLE001  a person's check may raise anything
            return self.broken("raised", spoken(error))
        return self.read(answer)

    def read(self, answer: object) -> Score:
        """What an answer means as a score."""
        finding = answer if type(answer) is Finding else _normalise(answer)
        key = None if finding is None else (finding.value, finding.why, finding.label)
        if finding is None or key is None or not _well_formed(key):
            said = spoken(answer)[:80]
            return self.broken("rubbish", f"answered {said}, which is neither bool, number in 0…1 nor Finding")
        known = self._known.get(key)
        if known is None:
            known = self._build(finding)
            if len(self._known) < 256:
                self._known[key] = known
        return known

    def _build(self, finding: Finding) -> Score:
        value = finding.value
        if value is not None and not 0.0 <= value <= 1.0:
            return self.broken("rubbish", f"answered {spoken(value)[:40]}, which is not in 0…1")
        return Score(
            scorer=self.spec.name,
            version=self.spec.version,
            value=value,
            passed=None if value is None else value >= self.passes_from,
            why=_written(finding.why),
            label=_written(finding.label),
            inclusion=self.share,
        )

    def broken(self, label: str, why: str) -> Score:
        """A score that is missing because the check is at fault, not the sample."""
        return Score(
            scorer=self.spec.name,
            version=self.spec.version,
            value=None,
            why=_written(why),
            label=label,
            inclusion=self.share,
        )


NOT_DRAWN = "not_drawn"
BROKEN = frozenset({"raised", "rubbish", "timeout", "no_sandbox"})
"""Labels of scores that are missing because of the check, or of the machine that it runs on."""


def _normalise(answer: object) -> Finding | None:
    if answer is None:
        return Finding.not_applicable("the check says that it does not apply")
    if isinstance(answer, Finding):
        return answer
    if isinstance(answer, int | float) and 0 <= answer <= 1:
        return Finding(float(answer))
    return None


def _well_formed(key: tuple[object, object, object]) -> bool:
    value, why, label = key
    number = value is None or (isinstance(value, int | float) and value == value)  # NaN is not itself
    return number and isinstance(why, str) and isinstance(label, str)


def _written(text: str) -> str:
    """An explanation as it can be stored, whatever it was made of."""
    return text[:_LONGEST].encode(errors="replace").decode()


def spoken(thing: object) -> str:
    """Its repr, also when that raises."""
    try:
        return repr(thing)[:_LONGEST]
    except Exception:  # noqa: BLE001  a person's class may do anything
        return f"a {type(thing).__name__} that cannot be shown"
