"""Why some bytes are not the JSON we can use. Slow, and only asked when reading has failed."""

import json
from collections.abc import Iterator
from typing import cast

from monitor.errors import InvalidRecord


class _NotANumber:
    """Stands where NaN or Infinity stood."""


def diagnose(value: bytes) -> InvalidRecord:
    """The most helpful thing to say of bytes that a strict decoder has refused."""
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        return InvalidRecord("not_utf8", f"byte {value[error.start]:#04x} at {error.start} is not UTF-8")
    try:
        document = json.loads(text, parse_constant=lambda _: _NotANumber())
    except RecursionError:
        return InvalidRecord("too_deep", "nested too deeply")
    except json.JSONDecodeError as error:
        return _syntax(text, error)
    except ValueError:
        return InvalidRecord("out_of_range", "a number has too many digits")
    return _forbidden(document)


def _syntax(text: str, error: json.JSONDecodeError) -> InvalidRecord:
    where = f"line {error.lineno} column {error.colno}"
    if text.lstrip()[:1] not in {"{", "["}:
        return InvalidRecord("not_json", f"{error.msg} at {where}: {text[:40]!r}")
    if error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip()):
        return InvalidRecord("truncated", f"ends in the middle, at {where}")
    return InvalidRecord("not_json", f"{error.msg} at {where}: {text[error.pos : error.pos + 20]!r}")


def _forbidden(document: object) -> InvalidRecord:
    """It is JSON to Python: then it holds what JSON or our limits forbid, and somewhere."""
    try:
        for path, leaf in _leaves(document, ""):
            if isinstance(leaf, _NotANumber):
                return InvalidRecord("not_finite", "NaN and Infinity are no JSON", field=path)
            if isinstance(leaf, float) and leaf in {float("inf"), float("-inf")}:
                return InvalidRecord("out_of_range", "the number is too large", field=path)
            if isinstance(leaf, str) and not _encodable(leaf):
                return InvalidRecord("lone_surrogate", "half of a surrogate pair is no character", field=path)
    except RecursionError:
        return InvalidRecord("too_deep", "nested too deeply")
    return InvalidRecord("not_json", "cannot be read as strict JSON")


def _leaves(node: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        for key, child in cast(dict[str, object], node).items():
            yield f"{path}.{key}".lstrip("."), key
            yield from _leaves(child, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list):
        for index, child in enumerate(cast(list[object], node)):
            yield from _leaves(child, f"{path}[{index}]")
    else:
        yield path, node


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
