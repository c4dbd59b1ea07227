"""Checks by name and parameters, as settings name them: made, or refused with everything that is wrong."""

import dataclasses
import inspect
import typing
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from monitor.errors import InvalidConfig

from .base import Spec, checks
from .scorer import Scorer, spoken


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
