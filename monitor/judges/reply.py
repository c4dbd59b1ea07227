"""What a judge replied: an object of the shape that it was asked for, or what is wrong with it."""

import functools
from typing import Any, cast

import jsonschema_rs
import msgspec

from .prompt import Call

Replied = dict[str, Any]
_THINKS, _HAS_THOUGHT = "<think>", "</think>"
"""Around what some models say to themselves, which servers leave in the reply."""
_LONGEST = 4_000
"""Characters of an explanation that are kept."""


class Unparsable(Exception):
    """The reply is not what was asked for; the message says what is wrong, for the judge to read."""


def read_reply(text: str, call: Call) -> Replied:
    """The object in a reply.

    Args:
        text: what the judge said; a code fence around the object is forgiven, since many models cannot help it.
        call: what it was asked.

    Raises:
        Unparsable: it is no such object.
    """
    document = _object(text)
    try:
        error = next(iter(_shape(call.question.schema).iter_errors(document)), None)
    except ValueError as too_deep:
        raise Unparsable(f"it cannot be read: {too_deep}") from too_deep
    if error is not None:
        place = ".".join(map(str, error.instance_path))
        raise Unparsable(f"{place}: {error.message}"[:400] if place else error.message[:400])
    if call.expects:
        _refuse_gaps(document, call.expects)
    return _readable(document)


def _object(text: str) -> Replied:
    stripped = text.strip()
    if stripped.startswith(_THINKS):
        stripped = stripped.partition(_HAS_THOUGHT)[2].strip()
    if stripped.startswith("```"):
        stripped = stripped.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        document: object = msgspec.json.decode(stripped)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unparsable(f"it is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Unparsable("it is JSON, and not an object")
    return cast(Replied, document)


@functools.lru_cache(maxsize=256)
def _shape(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema)


def _refuse_gaps(document: Replied, expects: tuple[str, ...]) -> None:
    given = [one["id"] for one in document["criteria"]]
    if lacking := [name for name in expects if name not in given]:
        raise Unparsable(f"criteria: {', '.join(lacking)} is missing")
    if len(given) != len(set(given)):
        raise Unparsable("criteria: an id is there twice")


def _readable(document: Replied) -> Replied:
    """Explanations of a sensible length, which can be stored whatever they hold."""
    return {name: _short(value) for name, value in document.items()}


def _short(value: object) -> object:
    if isinstance(value, str):
        return value[:_LONGEST].encode(errors="replace").decode()
    if isinstance(value, list):
        return [_readable(cast(Replied, one)) if isinstance(one, dict) else one for one in cast(list[object], value)]
    return value
