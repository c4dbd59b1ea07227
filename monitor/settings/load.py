"""Read settings from a file and the environment, and say everything that is wrong with them at once."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from monitor.errors import InvalidConfig

from .contradictions import contradictions
from .sections import AppSettings, Settings
from .values import SECRETS, Table, merged

PREFIX = "EVERGAUGE_"
RESERVED = frozenset({"CONFIG", "DATA", "CACHE", "JUDGE_URL"})
"""Variables that say where things are rather than what is set."""


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from a file, overridden by the environment.

    Args:
        path: the file; None for the built-in defaults.
        environment: ``EVERGAUGE_SECTION__NAME=value`` overrides ``name`` in ``[section]``; lists and tables as in TOML.

    Raises:
        InvalidConfig: everything that is wrong at once, by path, each with its cure.
    """
    raw = _file(path) if path else {}
    raw = merged(raw, _overrides(environment))
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        raise InvalidConfig(dict(_problems(error.errors()))) from error
    problems = dict(contradictions(settings))
    if problems:
        raise InvalidConfig(problems)
    return settings


def _file(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidConfig({str(path): "there is no such file; write one, or leave --config out"}) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig({str(path): f"cannot be read: {error}"}) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfig({str(path): f"is no valid TOML: {error}"}) from error


def _overrides(environment: Mapping[str, str]) -> Table:
    raw: Table = {}
    for variable, value in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable.removeprefix(PREFIX) in RESERVED:
            continue
        *sections, name = variable.removeprefix(PREFIX).lower().split("__")
        table = raw
        for section in sections:
            inner: object = table.setdefault(section, {})
            if not isinstance(inner, dict):
                whole = variable.rsplit("__", 1)[0]
                raise InvalidConfig({whole: f"sets a whole section, and {variable} a part of it: keep one of them"})
            table = cast(Table, inner)
        table[name] = value if name in SECRETS else _value(value)
    return raw


def _value(text: str) -> object:
    """Lists and tables are written as in TOML; everything else is left to the setting's own type."""
    if text[:1] in {"[", "{"}:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def _problems(errors: list[ErrorDetails]) -> Iterator[tuple[str, str]]:
    for error in errors:
        location = [part for part in error["loc"] if part not in {"bool", "dict[str,any]"}]
        yield ".".join(map(str, location)) or "settings", _cure(error)


def _cure(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        known = _known_at(error["loc"][:-1])
        name = str(error["loc"][-1])
        close = get_close_matches(name, known, n=1)
        listed = f"there are {', '.join(sorted(known))}" if known else "remove it"
        return "there is no such setting; " + (f"did you mean {close[0]!r}?" if close else listed)
    given = error.get("input")
    secret = error["loc"][-1] in SECRETS or (error["loc"][-1] == "url" and "@" in str(given))
    hidden = secret or isinstance(given, dict | list | SecretStr) or error["type"] == "missing"
    shown = "" if hidden else f" (is {given!r})"
    return f"{error['msg'].removeprefix('Value error, ')}{shown}"


def _known_at(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in location:
        if isinstance(part, int) or model is None:
            continue
        if model is AppSettings and part not in AppSettings.model_fields:
            continue
        field = getattr(model, "model_fields", {}).get(part)
        if field is None:
            continue
        annotation = field.annotation
        arguments = [a for a in getattr(annotation, "__args__", ()) if isinstance(a, type) and issubclass(a, BaseModel)]
        model = arguments[0] if arguments else annotation if isinstance(annotation, type) else None
    return list(getattr(model, "model_fields", {}))
