"""Is the answer the JSON that was asked for, and of the shape that was asked for?"""

import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

import json_repair
import jsonschema_rs
import msgspec

from monitor.model import Sample

from .base import CLEAN, Finding, register
from .reading import noted

_NO_JSON = Finding.not_applicable("no JSON was asked for")
_NO_SCHEMA = Finding.not_applicable("no JSON Schema was given")
_NO_ANSWER = Finding.not_applicable("there is no answer to look at")
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeEncodeError)
_TRIES = 64
"""Opening braces that lead nowhere, after which a text counts as one without JSON."""
_BEGINS = re.compile(r"""\{\s*["']?[\w$ .-]{1,100}["']?\s*:|\[\s*[\[{"']|\A\s*[\[{]""")
"""Where something begins that may have been meant as JSON: brackets in prose are none."""
_MENDABLE = 50_000
"""Characters of an answer that is worth mending."""
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL | re.IGNORECASE)

_AT_MOST = 2_000_000
"""Places of a schema times characters of an answer that a worker takes on in its own process: a tenth of a second."""
_CACHED = 65_536
"""Characters of a schema that is worth keeping."""
_REFERENCES = {"$ref", "$dynamicRef", "$recursiveRef"}
_DEFINITIONS = frozenset({*_REFERENCES, "$defs", "definitions"})

_ABOUT_NAMES = {
    "additionalProperties": "there are properties that the schema does not allow",
    "unevaluatedProperties": "there are properties that the schema does not allow",
    "propertyNames": "the name of a property is not one that the schema allows",
}
"""What is wrong with names that the answer chose: they may be anybody's, and explanations are kept."""

_decode = msgspec.json.Decoder().decode
_scan = json.JSONDecoder().raw_decode
Errors = Callable[[Any], str | None]


class Grade(StrEnum):
    """How an answer gives its JSON."""

    BARE = "bare"
    FENCED = "fenced"
    """Inside of a Markdown code fence that is the whole answer."""
    EMBEDDED = "embedded"
    """Whole, with prose around it."""
    REPAIRABLE = "repairable"
    """Broken in a way that a tolerant parser can mend."""
    BROKEN = "broken"


VALUES = {Grade.BARE: 1.0, Grade.FENCED: 0.8, Grade.EMBEDDED: 0.4, Grade.REPAIRABLE: 0.2, Grade.BROKEN: 0.0}


@dataclass(frozen=True, slots=True)
class Parsed:
    """The JSON of an answer."""

    grade: Grade
    document: Any = None
    """None where nothing can be read; a document that is ``null`` is None too."""

    @property
    def readable(self) -> bool:
        """Whether a strict parser can read it, once prose and fences are gone."""
        return self.grade in {Grade.BARE, Grade.FENCED, Grade.EMBEDDED}


def unfenced(output: str) -> str | None:
    """What stands inside of a Markdown code fence that is the whole answer; None when there is no such fence."""
    stripped = output.lstrip()
    match = _FENCE.match(stripped) if stripped.startswith("```") else None
    return match[1] if match else None


def parsed(sample: Sample) -> Parsed:
    """The JSON of a sample's answer, read once for every scorer."""
    return noted(sample, f"{__name__}.json", lambda: read_json(sample.output or ""))


def read_json(text: str) -> Parsed:
    """The JSON of a text: all of it, in a fence, in the midst of prose, or mended."""
    try:
        return Parsed(Grade.BARE, _decode(text))
    except _UNREADABLE:
        inner = unfenced(text)
    if inner is not None:
        with suppress(*_UNREADABLE):
            return Parsed(Grade.FENCED, _decode(inner))
    embedded = last_object(text)
    if embedded is not None:
        return Parsed(Grade.EMBEDDED, embedded)
    return _mended(text)


def last_object(text: str) -> dict[str, Any] | None:
    """The last whole JSON object in a text; None where there is none.

    Each opening brace costs a look at what follows it, so only so many are tried.

    >>> last_object('First {"a": 1}, then {"a": {"b": 2}}. Done.')
    {'a': {'b': 2}}
    """
    last: dict[str, Any] | None = None
    start, tries = text.find("{"), 0
    while start >= 0 and tries < _TRIES:
        try:
            document, end = _scan(text, start)
            last, start = cast(dict[str, Any], document), text.find("{", end)
        except (ValueError, RecursionError):
            start, tries = text.find("{", start + 1), tries + 1
    return last


def _mended(text: str) -> Parsed:
    start = _BEGINS.search(text) if len(text) <= _MENDABLE else None
    if start is None:
        return Parsed(Grade.BROKEN)
    try:
        document: object = cast(Any, json_repair).loads(text[start.start() :], skip_json_loads=True)
    except (ValueError, RecursionError):
        return Parsed(Grade.BROKEN)
    if not isinstance(document, dict | list) or not document:
        return Parsed(Grade.BROKEN)
    return Parsed(Grade.REPAIRABLE, cast(Any, document))


@register("json", version=2, passes_from=0.5, default=True)
@dataclass(frozen=True, slots=True)
class JsonValid:
    """Where JSON was asked for, it is there: 1 bare, 0.8 in a code fence, 0.4 amid prose, 0.2 mendable, else 0."""

    always: bool = False
    """Every answer must be JSON, also where the producer does not say so."""
    strict: bool = False
    """Only bare JSON counts; nothing else is looked for."""

    def __call__(self, sample: Sample) -> Finding:
        if not (self.always or sample.expects_json):
            return _NO_JSON
        if not sample.output:
            return _NO_ANSWER
        if self.strict:
            return _strictly(sample.output)
        grade = parsed(sample).grade
        if grade is Grade.BARE:
            return CLEAN
        said = _SAID.get(grade) or _complaint(sample.output)
        return Finding(VALUES[grade], said, grade.value)


def _strictly(output: str) -> Finding:
    try:
        _decode(output)
    except _UNREADABLE as error:
        return Finding(0.0, f"not JSON: {str(error).removeprefix('JSON is malformed: ')}", Grade.BROKEN.value)
    return CLEAN


_SAID = {
    Grade.FENCED: "valid JSON, but inside of a code fence",
    Grade.EMBEDDED: "valid JSON, but with prose around it: ask for JSON alone",
}


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
    """Where a JSON Schema was given, the answer's JSON satisfies it (Draft 7 to 2020-12, no remote references).

    Schemas come from producers, and some take for ever: those that may run in a process of their own, for two seconds.
    """

    def apart(self, sample: Sample) -> float | None:
        """Two seconds where schema and answer together may be too much for a worker's own process."""
        if not sample.json_schema or not sample.output or work(sample.json_schema) * len(sample.output) <= _AT_MOST:
            return None
        return 2.0

    def __call__(self, sample: Sample) -> Finding:
        if not sample.json_schema:
            return _NO_SCHEMA
        if not sample.output:
            return _NO_ANSWER
        try:
            complain = _complainer(sample.json_schema)
        except ValueError as error:
            return Finding(None, f"the schema cannot be used: {error}", "bad_schema")
        found = parsed(sample)
        if not found.readable:
            return Finding(0.0, "no JSON to hold against the schema", "broken")
        complaint = complain(found.document)
        return CLEAN if complaint is None else Finding(0.0, complaint, "violated")


def work(schema: str) -> float:
    """Bound on the places of a schema that one place of a document is held against; infinite for cycles."""
    return _work(schema) if len(schema) <= _CACHED else math.inf


@lru_cache(maxsize=512)
def _work(schema: str) -> float:
    try:
        root = _decode(schema)
        return _places(root, root, {})
    except (msgspec.DecodeError, RecursionError):
        return math.inf


def _places(node: Any, root: Any, known: dict[str, float]) -> float:
    """Places of a schema, each reference counted as often as it is followed."""
    if isinstance(node, dict):
        table = cast(dict[str, Any], node)
        followed = sum(_followed(table[key], root, known) for key in _REFERENCES & table.keys())
        inner = (value for key, value in table.items() if key not in _DEFINITIONS)
        return 1 + followed + sum(_places(value, root, known) for value in inner)
    if isinstance(node, list):
        return 1 + sum(_places(item, root, known) for item in cast(list[Any], node))
    return 1


def _followed(reference: object, root: Any, known: dict[str, float]) -> float:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return math.inf
    if reference not in known:
        known[reference] = math.inf  # whoever comes back here goes in circles
        target = root
        for step in reference[2:].split("/"):
            if not isinstance(target, dict):
                return math.inf
            target = cast(dict[str, Any], target).get(step.replace("~1", "/").replace("~0", "~"))
        known[reference] = _places(target, root, known)
    return known[reference]


def _complainer(schema: str) -> Errors:
    return _compiled(schema) if len(schema) <= _CACHED else _compiled.__wrapped__(schema)


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
        steps = [str(step) if isinstance(step, int) or f'"{step}"' in schema else "…" for step in error.instance_path]
        return f"{'/'.join(steps) or 'the document'}: {_ABOUT_NAMES.get(error.kind.name, error.message)[:200]}"

    return complain


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri}: a schema may not refer to other places")
