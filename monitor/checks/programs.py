"""Code in answers, and what it takes to try it: pure; somebody else runs it, behind a wall."""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from monitor.model import Program, Ran, Sample
from monitor.model.program import Language

from .base import CLEAN, Finding, register
from .fences import fenced

_NO_TESTS = Finding.not_applicable("the sample has no tests")
_NO_ANSWER = Finding(0.0, "there is no answer to test", "no_code")
_NO_CODE = Finding(0.0, "there is no code in the answer", "no_code")
_NAMES: Mapping[str, Language] = {
    "python": "python", "py": "python", "python3": "python",
    "javascript": "javascript", "js": "javascript", "node": "javascript", "typescript": "javascript",
}  # fmt: skip
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Assertion:
    """One assertion: a Python expression over ``f``, the function, and what it should be equal to."""

    expression: ast.expr
    text: str
    expected: Any

    def calls(self) -> Iterator[str]:
        """Arguments of every ``f.call(…)`` in it."""
        for node in ast.walk(self.expression):
            if isinstance(node, ast.Call) and _is_call(node.func):
                yield _arguments(node)


@dataclass(frozen=True, slots=True)
class Function:
    """What the runner saw of the function."""

    name: str
    parameters: tuple[str, ...]
    results: Mapping[str, tuple[bool, Any]] = field(default_factory=dict[str, tuple[bool, Any]])
    """By arguments: whether the call came back, and with what."""


def code_in(text: str, language: Language) -> str | None:
    r"""The code of an answer: its first fenced block of that language, or of none; else all that looks like code.

    >>> code_in("Sure:\n```python\nx = 1\n```\nDone.", "python")
    'x = 1'
    """
    blocks = fenced(text)
    for wanted in (True, False):
        for name, body in blocks:
            if body.strip() and (_NAMES.get(name) == language if wanted else name not in _NAMES):
                return body
    if blocks:
        return next((body for _, body in blocks if body.strip()), None)
    marks = ("def ", "lambda", "import ", "class ") if language == "python" else ("function", "=>", "const ", "class ")
    return text.strip("\n") if any(mark in text for mark in marks) else None


def assertions(tests: str) -> list[Assertion]:
    """``[{"assert": "f.call(1, 2)", "eq": 3}, …]``; where ``eq`` is null it is enough that the expression has a value.

    Raises:
        ValueError: they are not of that form.
    """
    try:
        items: object = _decode(tests)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    if not isinstance(items, list) or not items:
        raise ValueError("a list of assertions is wanted")
    return [_assertion(item) for item in cast(list[Any], items)]


def _assertion(item: object) -> Assertion:
    table = cast(dict[str, Any], item) if isinstance(item, dict) else {}
    text: object = table.get("assert")
    if not isinstance(text, str) or "eq" not in table:
        raise ValueError("an assertion needs assert and eq")
    try:
        return Assertion(ast.parse(text, mode="eval").body, text, table["eq"])
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ValueError(f"{text!r} is no expression: {error}") from error


def _is_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "call" and isinstance(node.value, ast.Name)


def _arguments(node: ast.Call) -> str:
    try:
        return json.dumps([ast.literal_eval(argument) for argument in node.args])
    except (ValueError, TypeError) as error:
        raise ValueError(f"the arguments of {ast.unparse(node)} are no literals") from error


def evaluated(node: ast.expr, function: Function) -> Any:  # noqa: C901  one case a kind of node
    """The value of an assertion's expression; only what assertions need is understood.

    Raises:
        ValueError: it holds something else, or the call in it did not come back.
    """
    match node:
        case ast.Constant(value):
            return value
        case ast.Call(ast.Name("len"), [inner]):
            return len(evaluated(inner, function))
        case ast.Call(func) if _is_call(func):
            came_back, value = function.results.get(_arguments(node), (False, "was not made"))
            if not came_back:
                raise ValueError(str(value))
            return value
        case ast.Call(ast.Attribute(inner, "get"), [key]):
            return cast(Mapping[Any, Any], evaluated(inner, function)).get(evaluated(key, function))
        case ast.Attribute(ast.Name("f"), "name"):
            return function.name
        case ast.Attribute(ast.Name("f"), "args"):
            return [{"name": name} for name in function.parameters]
        case ast.Attribute(inner, "name"):
            return evaluated(inner, function)["name"]
        case ast.Subscript(inner, index):
            return evaluated(inner, function)[evaluated(index, function)]
        case ast.List(items) | ast.Tuple(items):
            return [evaluated(item, function) for item in items]
        case ast.UnaryOp(ast.USub(), inner):
            return -evaluated(inner, function)
        case _:
            raise ValueError(f"{ast.unparse(node)} is not understood")


@register("unit_tests", needs="tests")
@dataclass(frozen=True, slots=True)
class UnitTests:
    """The share of its tests that the answer's code passes, run in a sandbox: no network, no files, little time.

    Tests are assertions over the function ``f`` that the code defines, or a HumanEval task: ``test`` and
    ``entry_point``, with the ``prompt`` that the code completes (Chen et al., "Evaluating Large Language Models Trained
    on Code", 2021).
    """

    language: str = ""
    """``python`` or ``javascript``; empty follows the sample's tags, then the fence in the answer, then Python."""
    seconds: float = 5.0
    """Wall-clock time for all tests of a sample."""

    def __post_init__(self) -> None:
        if self.language and self.language not in _NAMES:
            raise ValueError(f"language is {self.language!r}, and must be one of {', '.join(_NAMES)}")
        if not 0 < self.seconds <= 60:
            raise ValueError(f"seconds is {self.seconds}, and must lie between 0 and 60")

    def __call__(self, sample: Sample) -> Finding:
        """Without a sandbox nothing is run, ever."""
        return Finding(None, "code is only run in a sandbox", "no_sandbox") if sample.tests else _NO_TESTS

    def program(self, sample: Sample) -> Program | Finding:
        """What to run for a sample, or why there is nothing to run."""
        if not sample.tests:
            return _NO_TESTS
        if not sample.output or not sample.output.strip():
            return _NO_ANSWER
        language = self._language(sample)
        source = code_in(sample.output, language)
        task = _human_eval(sample.tests)
        if task is not None:
            return Program("python", task.script(source or sample.output))
        if source is None:
            return _NO_CODE
        try:
            calls = dict.fromkeys(call for assertion in assertions(sample.tests) for call in assertion.calls())
        except ValueError as error:
            return Finding(None, f"the tests cannot be used: {error}", "bad_tests")
        return Program(language, source, tuple(calls) or ("",))

    def read(self, sample: Sample, ran: Ran) -> Finding:
        """What a run says of the sample."""
        if ran.status == "timeout":
            return Finding(0.0, f"did not end within {self.seconds:g} s", "timeout")
        if _human_eval(sample.tests) is not None:
            return CLEAN if ran.status == "done" else Finding(0.0, _short(ran.error) or "fails its tests", "failed")
        function = _function(ran)
        if function is None:
            return Finding(0.0, _short(ran.error) or "defines no function", "no_function")
        return _tested(assertions(sample.tests), function)

    def _language(self, sample: Sample) -> Language:
        said = self.language or sample.tags.get("language", "")
        if said.lower() in _NAMES:
            return _NAMES[said.lower()]
        for name, _ in fenced(sample.output or ""):
            if name.lower() in _NAMES:
                return _NAMES[name.lower()]
        asked = sample.prompt.lower()
        return "javascript" if "javascript" in asked and "python" not in asked else "python"


def _tested(tests: Sequence[Assertion], function: Function) -> Finding:
    passed, first = 0, ""
    for test in tests:
        try:
            value = evaluated(test.expression, function)
            problem = (
                ""
                if test.expected is None or _same(value, test.expected)
                else f"{test.text} is {value!r:.60}, not {test.expected!r:.60}"
            )
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            problem = f"{test.text}: {_short(str(error))}"
        passed += not problem
        first = first or problem
    if not first:
        return CLEAN
    return Finding(passed / len(tests), f"{passed} of {len(tests)} tests pass: {first}", "failed")


def _same(value: Any, expected: Any) -> bool:
    return value is expected if isinstance(value, bool) or isinstance(expected, bool) else value == expected


def _function(ran: Ran) -> Function | None:
    try:
        said: object = _decode(ran.output)
    except msgspec.DecodeError:
        return None
    if not isinstance(said, dict):
        return None
    table = cast(dict[str, Any], said)
    try:
        results = {str(arguments): (bool(came_back), value) for arguments, came_back, value in table["results"]}
        return Function(str(table["name"]), tuple(map(str, table["parameters"])), results)
    except (KeyError, TypeError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class _HumanEval:
    prompt: str
    test: str
    entry_point: str

    def script(self, answer: str) -> str:
        whole = answer if f"def {self.entry_point}" in answer else self.prompt + answer
        return f"{whole}\n\n{self.test}\n\ncheck({self.entry_point})\n"


def _human_eval(tests: str) -> _HumanEval | None:
    try:
        said: object = _decode(tests)
    except msgspec.DecodeError:
        return None
    if not isinstance(said, dict):
        return None
    table = cast(dict[str, Any], said)
    entry, test = table.get("entry_point"), table.get("test")
    if not isinstance(test, str) or not isinstance(entry, str) or not entry.isidentifier():
        return None
    return _HumanEval(str(table.get("prompt") or ""), test, entry)


def _short(error: str) -> str:
    lines = [line.strip() for line in error.strip().splitlines() if line.strip()]
    return lines[-1][:160] if lines else ""
