"""Does the answer call the tools that were offered, as they want to be called?

The rules are those of the Berkeley Function-Calling Leaderboard's checker as far as they need no expected values: the
call parses, the function is known, required arguments are there, no others are, and types and enums fit.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import msgspec

from monitor.model import Sample

from .base import CLEAN, Finding, register

_NO_TOOLS = Finding.not_applicable("no tools were offered")
_NO_CALL = Finding.not_applicable("the answer calls no tool, and none was asked for")
_decode = msgspec.json.Decoder().decode

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "str": (str,), "char": (str,),
    "integer": (int,), "int": (int,), "long": (int,), "short": (int,), "byte": (int,), "bigint": (int,),
    "number": (int, float), "float": (int, float), "double": (int, float),
    "boolean": (bool,), "bool": (bool,),
    "array": (list, tuple), "list": (list, tuple), "arraylist": (list, tuple), "tuple": (list, tuple),
    "set": (list, tuple),
    "object": (dict,), "dict": (dict,), "hashmap": (dict,), "map": (dict,), "hashtable": (dict,),
    "null": (type(None),),
}  # fmt: skip
"""What a type's name means, in JSON Schema and in what people write instead; other names mean anything."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that was offered."""

    name: str
    parameters: dict[str, Any]
    """JSON Schema of the arguments."""


class NoCallError(ValueError):
    """The text is no call; the message says why."""


def calls_in(text: str, *, strict: bool = False) -> list[Call]:
    """The calls that a text makes: ``[f(a=1), g(b="x")]`` as Python writes them, or JSON.

    JSON is a list or a single object of ``{"name": …, "arguments": …}`` or ``{"f": arguments}``, arguments being an
    object or its text.

    Args:
        text: the answer.
        strict: take it as it is, without dropping spaces, code fences or JSON of another shape than ``{"f": …}``.

    Raises:
        NoCallError: it is no call.

    >>> calls_in("[weather.get(city='Oslo', days=3)]")
    [Call(name='weather.get', arguments={'city': 'Oslo', 'days': 3})]
    """
    if not strict:
        text = text.strip().strip("`").removeprefix("json").removeprefix("python").strip()
    try:
        document: object = _decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return _from_python(text, strict)
    return [
        _from_json(item, strict) for item in (cast(list[Any], document) if isinstance(document, list) else [document])
    ]


def _from_python(text: str, strict: bool) -> list[Call]:
    try:
        body = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NoCallError(f"neither JSON nor a call: {str(error)[:120]}") from error
    if strict and not isinstance(body, ast.List):
        raise NoCallError(f"{type(body).__name__} where a list of calls should be")
    nodes = body.elts if isinstance(body, ast.List | ast.Tuple) else [body]
    return [_from_node(node) for node in nodes]


def _from_node(node: ast.expr) -> Call:
    if not isinstance(node, ast.Call):
        raise NoCallError(f"{type(node).__name__} where a call should be")
    arguments = {f"_{place}": _value(value) for place, value in enumerate(node.args)}
    for keyword in node.keywords:
        if keyword.arg is None:
            raise NoCallError("arguments must be named one by one")
        arguments[keyword.arg] = _value(keyword.value)
    return Call(ast.unparse(node.func), arguments)


class Expression(str):
    """An argument that is no literal: code, whose type nobody knows."""

    __slots__ = ()


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return Expression(ast.unparse(node))


def _from_json(item: object, strict: bool) -> Call:
    if not isinstance(item, dict):
        raise NoCallError(f"{type(item).__name__} where a call should be")
    table = cast(dict[str, Any], item)
    if not strict and isinstance(inner := table.get("function"), dict):
        table = cast(dict[str, Any], inner)
    if not strict and isinstance(name := table.get("name"), str):
        known = [table[key] for key in ("arguments", "parameters", "args", "input") if key in table]
        arguments: object = known[0] if known else {}
    elif len(table) == 1:
        ((name, arguments),) = table.items()
    else:
        raise NoCallError("an object that names no function")
    return Call(name, arguments_of(arguments))


def arguments_of(arguments: object) -> dict[str, Any]:
    """Arguments as an object, or as its text.

    Raises:
        NoCallError: they are neither.
    """
    if isinstance(arguments, str):
        try:
            arguments = _decode(arguments or "{}")
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
            raise NoCallError(f"the arguments are no JSON: {error}") from error
    if not isinstance(arguments, dict):
        raise NoCallError("the arguments are no object")
    return cast(dict[str, Any], arguments)


@lru_cache(maxsize=512)
def offered(tools: str) -> tuple[Tool, ...]:
    """Tools as OpenAI, Anthropic or plain JSON Schema write them.

    Raises:
        ValueError: they cannot be read.
    """
    try:
        document: object = _decode(tools)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    items = cast(list[Any], document) if isinstance(document, list) else [document]
    return tuple(_tool(item) for item in items)


def _tool(item: object) -> Tool:
    if not isinstance(item, dict):
        raise ValueError("a tool is no object")
    table = cast(dict[str, Any], item)
    inner: object = table.get("function")
    if isinstance(inner, dict):
        table = cast(dict[str, Any], inner)
    parameters: object = table.get("parameters") or table.get("input_schema") or {}
    if not isinstance(table.get("name"), str) or not isinstance(parameters, dict):
        raise ValueError("a tool has no name, or parameters that are no object")
    return Tool(table["name"], cast(dict[str, Any], parameters))


def complaints(call: Call, tools: Sequence[Tool], *, strict: bool = False) -> Iterator[tuple[str, str]]:
    """What is wrong with a call: a label and the words for it."""
    tool = next((tool for tool in tools if _plain(tool.name) == _plain(call.name)), None)
    if tool is None:
        yield "unknown_function", f"{call.name} was not offered; there are {', '.join(tool.name for tool in tools)}"
        return
    properties: dict[str, Any] = tool.parameters.get("properties") or {}
    misfit = _misfit
    if strict:
        misfit = _source_misfit if _wants_source(properties) else _strict_misfit
    for name in tool.parameters.get("required") or ():
        if name not in call.arguments:
            yield "missing_argument", f"{call.name}: the required argument {name} is missing"
    for name, value in call.arguments.items():
        if name not in properties:
            if properties or tool.parameters.get("additionalProperties") is False:
                yield "unknown_argument", f"{call.name} has no argument {name}"
            continue
        if problem := misfit(value, properties[name]):
            yield problem[0], f"{call.name}: {name} {problem[1]}"


def _plain(name: str) -> str:
    """Providers that allow no dots in names put underscores there."""
    return name.replace(".", "_").replace("-", "_").lower()


def _misfit(value: Any, schema: object) -> tuple[str, str] | None:
    """How a value does not fit its schema; None where it does."""
    if not isinstance(schema, dict) or isinstance(value, Expression):
        return None
    table = cast(dict[str, Any], schema)
    wanted: object = table.get("type")
    names = [str(name) for name in cast(list[Any], wanted)] if isinstance(wanted, list) else [str(wanted or "any")]
    if value is None and (table.get("nullable") or "null" in names):
        return None
    if not any(_is(value, name) for name in names):
        return "wrong_type", f"is {type(value).__name__}, not {' or '.join(names)}"
    allowed: object = table.get("enum")
    if isinstance(allowed, list) and allowed and value not in cast(list[Any], allowed):
        return "wrong_value", f"is none of {', '.join(map(repr, cast(list[Any], allowed)))[:120]}"
    return _inner_misfit(value, table)


def _strict_misfit(value: Any, schema: object) -> tuple[str, str] | None:
    """As ``_misfit``, and a whole number in a list of floats is wrong too."""
    if problem := _misfit(value, schema):
        return problem
    items: object = cast(dict[str, Any], schema).get("items") if isinstance(schema, dict) else None
    inner = str(cast(dict[str, Any], items).get("type")) if isinstance(items, dict) else ""
    if inner in {"float", "double"} and isinstance(value, list | tuple):
        whole = [item for item in cast(Sequence[Any], value) if isinstance(item, int)]
        if whole:
            return "wrong_type", f"holds the whole number {whole[0]} in a list of {inner}"
    return None


_SOURCE_TYPES = frozenset(
    {
        "String",
        "Boolean",
        "ArrayList",
        "Array",
        "HashMap",
        "Hashtable",
        "Queue",
        "Stack",
        "Bigint",
        "long",
        "double",
        "char",
    }
)
"""Types that only a tool described for Java or JavaScript has: its arguments are source code, as text."""
_LITERALS: Mapping[str, re.Pattern[str]] = {
    "boolean": re.compile(r"true|false"),
    "Boolean": re.compile(r"true|false"),
    "integer": re.compile(r"[-+]?\d+"),
    "long": re.compile(r"[-+]?\d+[lL]"),
    "float": re.compile(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?[fF]?"),
    "double": re.compile(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?[dD]?"),
    "Bigint": re.compile(r"\d+n"),
    "ArrayList": re.compile(r"new .*", re.DOTALL),
    "HashMap": re.compile(r"new .*", re.DOTALL),
    "Hashtable": re.compile(r"new .*", re.DOTALL),
    "Array": re.compile(r"new .*", re.DOTALL),
    "array": re.compile(r"\[.*\]", re.DOTALL),
    "dict": re.compile(r"\{.*\}", re.DOTALL),
}
"""What a literal of a type looks like in Java or JavaScript."""


def _wants_source(properties: Mapping[str, Any]) -> bool:
    types = {str(cast(dict[str, Any], p).get("type")) for p in properties.values() if isinstance(p, dict)}
    return bool(types & _SOURCE_TYPES)


def _source_misfit(value: Any, schema: object) -> tuple[str, str] | None:
    """How an argument is not the source code of a literal of its type; None where it is."""
    wanted = str(cast(dict[str, Any], schema).get("type", "any")) if isinstance(schema, dict) else "any"
    if isinstance(value, Expression) or wanted == "any":
        return None
    if not isinstance(value, str):
        return "wrong_type", f"is {type(value).__name__}, not text that holds a {wanted}"
    literal = _LITERALS.get(wanted)
    if literal is not None and not literal.fullmatch(value.strip()):
        return "wrong_type", f"is no {wanted} in source code"
    return None


def _inner_misfit(value: Any, schema: Mapping[str, Any]) -> tuple[str, str] | None:
    if isinstance(value, list | tuple) and isinstance(schema.get("items"), dict):
        for position, item in enumerate(cast(Sequence[Any], value)):
            if problem := _misfit(item, schema["items"]):
                return problem[0], f"[{position}] {problem[1]}"
    if isinstance(value, dict) and isinstance(schema.get("properties"), dict):
        for name, inner in cast(dict[str, Any], value).items():
            if problem := _misfit(inner, schema["properties"].get(name)):
                return problem[0], f".{name} {problem[1]}"
    return None


def _is(value: Any, name: str) -> bool:
    known = _TYPES.get(name.lower())
    if known is None:
        return True
    if isinstance(value, bool):
        return bool in known
    return isinstance(value, known)


@register("function_call")
@dataclass(frozen=True, slots=True)
class FunctionCall:
    """The answer's tool calls parse, name tools that were offered, and pass the arguments these want.

    The value is the share of calls without complaint; an answer that should be a call and is none gives 0.
    """

    strict: bool = False
    """Take calls in the text exactly as the leaderboard does: leading spaces, fences, a bare call, other JSON shapes
    and whole numbers in lists of floats are errors then."""

    def __call__(self, sample: Sample) -> Finding:
        if not sample.tools:
            return _NO_TOOLS
        try:
            tools = offered(sample.tools)
        except ValueError as error:
            return Finding(None, f"the tools cannot be read: {error}", "bad_tools")
        asked = sample.expected_format == "function_call"
        if not sample.tool_calls and not asked:
            return _NO_CALL
        try:
            calls = self._calls(sample)
        except NoCallError as error:
            return Finding(0.0, str(error), "unparsable")
        if not calls:
            return Finding(0.0, "an empty list of calls", "no_call")
        return self._judged(calls, tools)

    def _calls(self, sample: Sample) -> list[Call]:
        if sample.tool_calls:
            return [Call(call.name, arguments_of(call.arguments)) for call in sample.tool_calls]
        return calls_in(sample.output or "", strict=self.strict)

    def _judged(self, calls: Sequence[Call], tools: Sequence[Tool]) -> Finding:
        worst: tuple[str, str] | None = None
        clean = 0
        for call in calls:
            first = next(complaints(call, tools, strict=self.strict), None)
            clean += first is None
            worst = worst or first
        return CLEAN if worst is None else Finding(clean / len(calls), worst[1], worst[0])
