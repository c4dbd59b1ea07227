"""Is XML well-formed, does YAML parse, is Markdown whole?"""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from monitor.model import Sample

from .base import CLEAN, Finding, at_least, register
from .fences import blocks_in

_NO_ANSWER = Finding.not_applicable("there is no answer to look at")
_LONG = 20_000
_ALLOWED = 2.0
"""Seconds for a text longer than that, in a process of its own."""
_DEEPEST = 1_000


@register("xml")
@dataclass(frozen=True, slots=True)
class Xml:
    """The share of the answer's XML blocks that are well-formed; documents with a DOCTYPE are refused."""

    whole: bool = False
    """Every answer is XML, fenced or not."""

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        blocks = blocks_in(sample.output, {"xml", "svg"}, whole=self.whole or sample.expected_format == "xml")
        return _judged("XML", blocks, _xml_error)


def _xml_error(text: str) -> str:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(text.strip().encode(errors="replace"), True)
    except expat.ExpatError as error:
        return f"{expat.ErrorString(error.code)}, line {error.lineno}"
    except _Doctype:
        return "a DOCTYPE, which may hold entities without end"
    return ""


class _Doctype(Exception):
    """A document type declaration."""


def _refuse_doctype(*_: object) -> None:
    raise _Doctype


@register("yaml")
@dataclass(frozen=True, slots=True)
class Yaml:
    """The share of the answer's YAML blocks that parse."""

    whole: bool = False
    """Every answer is YAML, fenced or not."""

    def apart(self, sample: Sample) -> float | None:
        """Deeply nested YAML takes its parser long."""
        return _ALLOWED if len(sample.output or "") > _LONG else None

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        blocks = blocks_in(sample.output, {"yaml", "yml"}, whole=self.whole or sample.expected_format == "yaml")
        return _judged("YAML", blocks, _yaml_error)


def _yaml_error(text: str) -> str:
    """Events are read and nothing is built, so aliases cannot grow."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                return "nested too deeply"
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        return f"{error.problem}{line}"
    except yaml.YAMLError as error:
        return str(error).splitlines()[0]
    return ""


def _judged(called: str, blocks: list[str], complain: Callable[[str], str]) -> Finding:
    if not blocks:
        return Finding.not_applicable(f"there is no {called} in the answer")
    errors = [error for block in blocks if (error := complain(block))]
    if not errors:
        return CLEAN
    return Finding(1 - len(errors) / len(blocks), f"{called}: {errors[0]}", "syntax")


_MARKS = re.compile(r"^(?:#{1,6} |[ \t]*[-*+] |[ \t]*\d{1,9}[.)] |```|~~~|\|.*\||> )", re.MULTILINE)
_DELIMITERS = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?\s*$")
_CELL = re.compile(r"(?<!\\)\|")


@register("markdown", passes_from=0.75)
@dataclass(frozen=True, slots=True)
class Markdown:
    """The answer's Markdown is whole: fences closed, tables square, no level of headings skipped, no empty links.

    Each kind of problem costs a quarter.
    """

    look_at: int = 50_000

    def __post_init__(self) -> None:
        at_least(1, look_at=self.look_at)

    def __call__(self, sample: Sample) -> Finding:
        if not sample.output:
            return _NO_ANSWER
        text = sample.output[: self.look_at]
        if not _MARKS.search(text):
            return Finding.not_applicable("the answer uses no Markdown")
        problems = list(_problems(text))
        if not problems:
            return CLEAN
        return Finding(max(0.0, 1 - 0.25 * len(problems)), "; ".join(problems), "markdown")


@functools.cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _problems(text: str) -> Iterator[str]:
    lines = text.split("\n")
    tokens = _parser().parse(text)
    for find in (_open_fence, _skipped_level, _ragged_table, _empty_link):
        if problem := find(tokens, lines):
            yield problem


def _open_fence(tokens: list[Token], lines: list[str]) -> str:
    for token in tokens:
        if token.type == "fence" and token.map:
            last = lines[min(token.map[1], len(lines)) - 1].strip()
            if token.map[1] - token.map[0] < 2 or not last.startswith(token.markup) or last.strip(token.markup[0]):
                return f"the fence in line {token.map[0] + 1} is never closed"
    return ""


def _skipped_level(tokens: list[Token], lines: list[str]) -> str:
    level = 0
    for token in tokens:
        if token.type == "heading_open" and token.map:
            now = int(token.tag[1:])
            if level and now > level + 1:
                return f"a heading of level {now} after one of level {level}, line {token.map[0] + 1}"
            level = now
    return ""


def _ragged_table(tokens: list[Token], lines: list[str]) -> str:
    """Rows with more or fewer cells than their header, and tables whose second line does not fit the first."""
    for token in tokens:
        if token.map is None:
            continue
        first, end = token.map
        if token.type == "table_open":
            wide = _cells(lines[first])
            for number in range(first + 2, end):
                if lines[number].strip() and _cells(lines[number]) != wide:
                    return f"a row of {_cells(lines[number])} cells in a table of {wide}, line {number + 1}"
        elif token.type == "paragraph_open":
            for number in range(first + 1, end):
                if _DELIMITERS.match(lines[number]) and "|" in lines[number - 1]:
                    return f"a table whose header has another width than its rule, line {number + 1}"
    return ""


def _cells(line: str) -> int:
    inner = line.strip().removeprefix("|")
    return len(_CELL.split(inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner))


def _empty_link(tokens: list[Token], lines: list[str]) -> str:
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open" and not child.attrs.get("href"):
                line = token.map[0] + 1 if token.map else 1
                return f"a link that leads nowhere, line {line}"
    return ""
