"""What a check is, how one is registered, and how its answer becomes a score."""

import dataclasses
import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Protocol

from monitor.errors import InvalidConfig
from monitor.model import Program, Ran, Sample, Score
from monitor.registry import Registry


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: a value in 0…1, higher is better, or None with a reason."""

    value: float | None
    why: str = ""
    label: str = ""

    @classmethod
    def not_applicable(cls, why: str) -> "Finding":
        """The sample does not ask for what this check looks at."""
        return cls(None, why, "not_applicable")


CLEAN = Finding(1.0)
"""Nothing to complain about."""

Answer = bool | float | Finding | None
"""What a check may say; None means that it does not apply."""


class Check(Protocol):
    """A cheap scorer: a frozen dataclass whose fields are its parameters, or a plain function."""

    def __call__(self, sample: Sample, /) -> Answer:
        """Look at a sample; no I/O, no clock, no chance."""
        ...


@typing.runtime_checkable
class Tried(Protocol):
    """A check that tries code: it says what to run, somebody runs it in a sandbox, and it reads what came of it."""

    seconds: float
    """Time for all of a sample."""

    def program(self, sample: Sample, /) -> Program | Finding:
        """What to run, or what to say without running anything."""
        ...

    def read(self, sample: Sample, ran: Ran, /) -> Finding:
        """What the run says of the sample."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A registered check: what to call it, how to make it, where passing begins."""

    name: str
    make: Callable[..., Check]
    version: int = 1
    passes_from: float = 1.0
    """The pass line: a value of at least this passes."""
    default: bool = False
    """Whether it runs where the settings do not say."""
    limit: float | None = None
    """Seconds it may take. A plain check with a limit runs in a process of its own, and is slow to call."""
    waits: bool = False
    """Whether it is a coroutine function: many samples then wait side by side, each for at most the limit."""
    module: str = ""
    """Where it is defined, for a process of its own to import."""


_WAITS_FOR = 5.0
_LONGEST = 2_000
"""Characters of an explanation that are kept."""

checks: Registry[Spec] = Registry("check", group="evergauge.checks")

C = typing.TypeVar("C", bound=Check)


def register(
    name: str, *, version: int = 1, passes_from: float = 1.0, default: bool = False
) -> Callable[[type[C]], type[C]]:
    """Register a dataclass whose fields are the check's parameters."""

    def add(make: type[C]) -> type[C]:
        if not dataclasses.is_dataclass(make):
            raise TypeError(f"{make.__name__}: put @dataclass(frozen=True) between @register and the class")
        spec = Spec(
            name=name,
            make=make,
            version=version,
            passes_from=passes_from,
            default=default,
            module=make.__module__,
        )
        checks.add(name, spec)
        return make

    return add


def check(
    name: str, *, version: int = 1, passes_from: float = 1.0, limit: float | None = None
) -> Callable[[Check], Check]:
    """Register a function as a check: five lines in any module that the settings name.

    Args:
        name: what scores and settings call it.
        version: raise it when the check changes its mind.
        passes_from: the pass line.
        limit: declare it slow: it then runs in a process of its own, for at most this many seconds a sample. An
            ``async def`` stays in the worker and must not block; without a limit it has five seconds.
    """

    def add(function: Check) -> Check:
        waits = inspect.iscoroutinefunction(function)
        spec = Spec(
            name=name,
            make=lambda: function,
            version=version,
            passes_from=passes_from,
            limit=_WAITS_FOR if waits and limit is None else limit,
            waits=waits,
            module=getattr(function, "__module__", ""),
        )
        checks.add(name, spec)
        return function

    return add


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


def default_checks() -> dict[str, Mapping[str, object]]:
    """The checks that run where the settings do not say, with no parameters of their own."""
    return {name: {} for name, spec in checks.items() if spec.default}


def build_scorers(wanted: Mapping[str, Mapping[str, object]], *, at: str) -> tuple[Scorer, ...]:
    """Make the named checks with their parameters, in the order given.

    Args:
        wanted: parameters by check name; ``passes_from`` moves the pass line of any check, ``share`` lets it look at
            a share of the samples only.
        at: path of the settings that name them, for messages.

    Raises:
        InvalidConfig: every unknown check and wrong parameter at once.
    """
    scorers: list[Scorer] = []
    problems: dict[str, str] = {}
    for name, parameters in wanted.items():
        path = f"{at}.{name}"
        try:
            scorers.append(_scorer(name, parameters))
        except InvalidConfig as error:
            problems |= {path + key: problem for key, problem in error.problems.items()}
    if problems:
        raise InvalidConfig(problems)
    return tuple(scorers)


_COMMON = ("passes_from", "share")
"""Parameters that every check has."""


def _scorer(name: str, parameters: Mapping[str, object]) -> Scorer:
    spec = checks.get(name)
    if spec is None:
        raise InvalidConfig({"": f"no check has this name{suggestion(name, checks)}"})
    own = {key: value for key, value in parameters.items() if key not in _COMMON}
    common: dict[str, Any] = {"passes_from": spec.passes_from, "share": 1.0}
    common |= {key: value for key, value in parameters.items() if key in _COMMON}
    problems = {f".{key}": f"{value!r} is no number in 0…1" for key, value in common.items() if not _is_share(value)}
    problems |= dict(_parameter_problems(spec, own))
    if problems:
        raise InvalidConfig(problems)
    try:
        made = spec.make(**own)
    except Exception as error:
        raise InvalidConfig({"": str(error) or spoken(error)}) from error
    return Scorer(spec, made, float(common["passes_from"]), float(common["share"]))


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def at_least(least: float, /, **parameters: float) -> None:
    """Refuse parameters that make no sense, when a check is made.

    Raises:
        ValueError: the first that is smaller, or is no number, by name.
    """
    for name, value in parameters.items():
        if not least <= value < float("inf"):
            raise ValueError(f"{name} is {value}, and must be at least {least:g}")


def suggestion(name: str, known: typing.Iterable[str]) -> str:
    """A sentence that helps somebody who mistyped."""
    known = sorted(known)
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"


def _parameter_problems(spec: Spec, given: Mapping[str, object]) -> typing.Iterator[tuple[str, str]]:
    allowed = _parameters(spec)
    for key, value in given.items():
        if key not in allowed:
            known = suggestion(key, [*allowed, *_COMMON])
            yield f".{key}", f"the check {spec.name} has no such parameter{known}"
        elif not _fits(value, allowed[key]):
            yield f".{key}", f"{value!r} is not {_spoken(allowed[key])}"
    if isinstance(spec.make, type):
        for f in dataclasses.fields(typing.cast(Any, spec.make)):
            if f.init and f.name not in given and f.default is f.default_factory is dataclasses.MISSING:
                yield f".{f.name}", f"the check {spec.name} needs this parameter"


def _parameters(spec: Spec) -> dict[str, Any]:
    if isinstance(spec.make, type) and dataclasses.is_dataclass(spec.make):
        try:
            hints = typing.get_type_hints(spec.make)
        except Exception:  # noqa: BLE001  a name that only a type checker knows
            hints = dict[str, Any]()
        return {f.name: hints.get(f.name, Any) for f in dataclasses.fields(spec.make) if f.init}
    return {}


def _fits(value: object, hint: Any) -> bool:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or hint is object:
        return True
    if origin is typing.Literal:
        return value in arguments
    if (origin or hint) in {tuple, list, set, frozenset}:
        return isinstance(value, list | tuple) and all(
            not arguments or _fits(item, arguments[0]) for item in typing.cast(Sequence[object], value)
        )
    if (origin or hint) is dict:
        return isinstance(value, dict)
    if arguments:
        return any(_fits(value, argument) for argument in arguments)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _spoken(hint: Any) -> str:
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    if typing.get_origin(hint) is typing.Literal:
        return f"one of {', '.join(map(repr, typing.get_args(hint)))}"
    if (typing.get_origin(hint) or hint) in {tuple, list, set, frozenset}:
        return "a list"
    arguments = [a for a in typing.get_args(hint) if a is not type(None)]
    return " or ".join(names.get(a, str(a)) for a in arguments or [hint])


def documentation(spec: Spec) -> dict[str, object]:
    """What a person needs to know to use a check."""
    fields = dataclasses.fields(typing.cast(Any, spec.make)) if _parameters(spec) else ()
    return {
        "name": spec.name,
        "version": spec.version,
        "default": spec.default,
        "passes_from": spec.passes_from,
        "what": (inspect.getdoc(spec.make) or "").split("\n\n")[0].replace("\n", " "),
        "parameters": {f.name: None if f.default is dataclasses.MISSING else f.default for f in fields if f.init},
    }
