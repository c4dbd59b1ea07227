"""Does code in the answer parse? Python by its own parser, SQL by PostgreSQL's, JavaScript by tree-sitter's."""

import ast
import functools
import keyword
import re
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

from monitor.model import Sample

from .base import CLEAN, Finding, register
from .fences import blocks_in
from .optional import needed

_NO_ANSWER = Finding.not_applicable("there is no answer to look at")
_LONG = 20_000
"""Characters from which a slow parser runs in a process of its own."""
_ALLOWED = 2.0
"""Seconds it then has."""


@dataclass(frozen=True, slots=True)
class _Syntax:
    """The share of blocks of one language that parse."""

    names: ClassVar[frozenset[str]]
    """What fences call the language."""
    called: ClassVar[str]

    whole: bool = False
    """Every answer is code of this language, fenced or not; else only blocks that say so are looked at."""

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        whole = self.whole or sample.expected_format in self.names
        blocks = blocks_in(sample.output, self.names, whole=whole)
        if not blocks:
            return Finding.not_applicable(f"there is no {self.called} in the answer")
        errors = [error for block in blocks if (error := self._error(block))]
        if not errors:
            return CLEAN
        return Finding(1 - len(errors) / len(blocks), f"{self.called}: {errors[0]}", "syntax")

    def _error(self, code: str) -> str:
        """What is wrong and where; empty when it parses."""
        raise NotImplementedError


@register("python_syntax")
@dataclass(frozen=True, slots=True)
class PythonSyntax(_Syntax):
    """The share of the answer's Python blocks that parse, by Python's own parser."""

    names = frozenset({"python", "py", "python3"})
    called = "Python"

    def _error(self, code: str) -> str:
        start = _TWO_NAMES.match(code)
        if start and not _KEYWORDS.intersection(start.groups()):
            return f"invalid syntax, line {code.count(chr(10), 0, start.end()) + 1}"
        try:
            with _without_warnings() if "\\" in code else nullcontext():
                ast.parse(code)
        except SyntaxError as error:
            return f"{error.msg}, line {error.lineno}"
        except ValueError as error:  # a null byte
            return str(error)
        except (RecursionError, MemoryError):
            return "nested too deeply"
        return ""


@contextmanager
def _without_warnings() -> Generator[None]:
    """Python warns of odd escapes, which are no errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


_TWO_NAMES = re.compile(r"\s*([^\W\d]\w*)[ \t]+([^\W\d]\w*)")
_KEYWORDS = {*keyword.kwlist, *keyword.softkwlist, "print", "exec"}
"""Other than these, no two names stand side by side in Python: most prose is told without parsing it."""


@register("sql_syntax")
@dataclass(frozen=True, slots=True)
class SqlSyntax(_Syntax):
    """The share of the answer's SQL blocks that parse: PostgreSQL's exactly, other dialects' leniently by sqlglot."""

    names = frozenset({"sql", "postgresql", "postgres", "mysql", "sqlite", "tsql", "bigquery", "snowflake", "plpgsql"})
    called = "SQL"

    dialect: str = "postgres"

    def __post_init__(self) -> None:
        if self.dialect == "postgres":
            needed("pglast")
            return
        known = sorted(dialect.value for dialect in needed("sqlglot.dialects.dialect").Dialects if dialect.value)
        if self.dialect not in known:
            raise ValueError(f"dialect is {self.dialect!r}, and must be one of {', '.join(known)}")

    def apart(self, sample: Sample) -> float | None:
        """Sqlglot is slow, and a long answer must not hold the worker."""
        return _ALLOWED if self.dialect != "postgres" and len(sample.output or "") > _LONG else None

    def _error(self, code: str) -> str:
        return _postgres_error(code) if self.dialect == "postgres" else _dialect_error(code, self.dialect)


def _postgres_error(code: str) -> str:
    parser = needed("pglast.parser")
    try:
        parser.parse_sql_json(code)
    except parser.ParseError as error:
        message, position = (*error.args, None)[:2]
        line = code.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        return f"{message}, line {line}"
    except ValueError as error:  # a null byte
        return str(error)
    return ""


def _dialect_error(code: str, dialect: str) -> str:
    sqlglot = needed("sqlglot")
    try:
        sqlglot.parse(code, dialect=dialect)
    except sqlglot.errors.SqlglotError as error:
        return str(error).splitlines()[0][:200]
    except RecursionError:
        return "nested too deeply"
    return ""


@register("javascript_syntax")
@dataclass(frozen=True, slots=True)
class JavaScriptSyntax(_Syntax):
    """The share of the answer's JavaScript blocks that parse, by tree-sitter's grammar."""

    names = frozenset({"javascript", "js", "jsx", "node", "mjs"})
    called = "JavaScript"

    def __post_init__(self) -> None:
        _javascript()

    def apart(self, sample: Sample) -> float | None:
        """What is far from JavaScript takes tree-sitter long to mend."""
        return _ALLOWED if len(sample.output or "") > _LONG else None

    def _error(self, code: str) -> str:
        root = _javascript()(code.encode(errors="replace")).root_node
        if not root.has_error:
            return ""
        node = _first_error(root)
        what = f"missing {node.type}" if node.is_missing else "unexpected text"
        return f"{what}, line {node.start_point.row + 1}"


@functools.cache
def _javascript() -> Callable[[bytes], Any]:
    tree_sitter, grammar = needed("tree_sitter"), needed("tree_sitter_javascript")
    return tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse


def _first_error(node: Any) -> Any:
    """Down the first path that leads to something wrong."""
    while not (node.is_error or node.is_missing):
        below = next((child for child in node.children if child.has_error or child.is_missing), None)
        if below is None:
            break
        node = below
    return node
