"""Is the answer the JSON that was asked for?"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec

from monitor.model import Sample

from .base import CLEAN, Finding, register

_NO_JSON = Finding.not_applicable("no JSON was asked for")
_NO_SCHEMA = Finding.not_applicable("no JSON Schema was given")
_NO_ANSWER = Finding.not_applicable("there is no answer to look at")
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL | re.IGNORECASE)

_decode = msgspec.json.Decoder().decode
Errors = Callable[[Any], str | None]


def unfenced(output: str) -> str | None:
    """What stands inside of a Markdown code fence that is the whole answer; None when there is no such fence."""
    stripped = output.lstrip()
    match = _FENCE.match(stripped) if stripped.startswith("```") else None
    return match[1] if match else None


def document(output: str) -> tuple[Any, str] | None:
    """The JSON of an answer and how it was given, ``bare`` or ``fenced``; None when there is none."""
    try:
        return _decode(output), "bare"
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        inner = unfenced(output)
    if inner is None:
        return None
    try:
        return _decode(inner), "fenced"
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None


@register("json", passes_from=0.5, default=True)
@dataclass(frozen=True, slots=True)
class JsonValid:
    """Where JSON was asked for, the answer is JSON: 1 bare, 0.8 inside of a code fence, 0 otherwise."""

    def __call__(self, sample: Sample) -> Finding:
        if not sample.expects_json:
            return _NO_JSON
        if not sample.output:
            return _NO_ANSWER
        found = document(sample.output)
        if found is None:
            return Finding(0.0, _complaint(sample.output), "broken")
        return CLEAN if found[1] == "bare" else Finding(0.8, "valid JSON, but inside of a code fence", "fenced")


def _complaint(output: str) -> str:
    inner = unfenced(output)
    try:
        _decode(output if inner is None else inner)
    except msgspec.DecodeError as error:
        head = output.lstrip()[:1]
        prose = "" if inner is not None or head in {"{", "["} else "; the answer starts with prose"
        return f"not JSON: {str(error).removeprefix('JSON is malformed: ')}{prose}"
    except (RecursionError, UnicodeEncodeError) as error:
        return f"not JSON: {error}"
    return "not JSON"


@register("json_schema", default=True)
@dataclass(frozen=True, slots=True)
class JsonSchema:
    """Where a JSON Schema was given, the answer's JSON satisfies it (Draft 7 to 2020-12, no remote references)."""

    def __call__(self, sample: Sample) -> Finding:
        if not sample.json_schema:
            return _NO_SCHEMA
        if not sample.output:
            return _NO_ANSWER
        try:
            complain = _compiled(sample.json_schema)
        except ValueError as error:
            return Finding(None, f"the schema cannot be used: {error}", "bad_schema")
        found = document(sample.output)
        if found is None:
            return Finding(0.0, "no JSON to hold against the schema", "broken")
        complaint = complain(found[0])
        return CLEAN if complaint is None else Finding(0.0, complaint, "violated")


@lru_cache(maxsize=512)
def _compiled(schema: str) -> Errors:
    try:
        validator = jsonschema_rs.validator_for(_decode(schema), retriever=_refuse, mask="the value")
    except Exception as error:
        raise ValueError(str(error).splitlines()[0][:200]) from error

    def complain(document: Any) -> str | None:
        if validator.is_valid(document):
            return None
        error = next(iter(validator.iter_errors(document)))
        where = "/".join(str(step) for step in error.instance_path)
        return f"{where or 'the document'}: {error.message[:200]}"

    return complain


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri}: a schema may not refer to other places")
