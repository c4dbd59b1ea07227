"""Rows with columns of anybody's: CSV, Parquet or JSON objects, with a mapping of columns to our fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from monitor.errors import InvalidRecord
from monitor.model import Record, Sample

from .base import Defaults, formats, parsed, wrong_shape
from .messages import as_json, opened, table
from .native import Native, WireSample

FIELDS = tuple(one.encode_name for one in msgspec.structs.fields(WireSample))
"""What a column may be mapped to."""
_STRUCTURES = frozenset({"tool_calls", "json_schema", "tests", "tools", "tags", "metadata"})
"""Fields whose cell may hold JSON."""
_NUMBERS = frozenset({"timestamp", "latency_ms", "first_token_ms", "tokens_in", "tokens_out", "cost_usd"})

_row = msgspec.json.Decoder(dict[str, Any])
_native = Native()


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of columns that are named like the fields of a native sample, or are mapped to them."""

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Column by our field; dots lead inside. A field without a mapping is taken from the column of its name."""

    def sample(self, value: bytes, record: Record, index: int, defaults: Defaults, /) -> Sample:
        row = parsed(value, _row)
        said: dict[str, Any] = {}
        for name in FIELDS:
            cell = _cell(row, self.columns.get(name, name))
            if cell is not None and cell != "":
                said[name] = _value(name, cell)
        self._require(said, row)
        said["metadata"] = {**self._rest(row), **table(said.get("metadata"))}
        try:
            wire = msgspec.convert(said, WireSample, strict=False)
        except msgspec.ValidationError as error:
            raise wrong_shape(str(error)) from error
        return _native.read_wire(wire, record, index, defaults)

    def _require(self, said: dict[str, Any], row: Mapping[str, Any]) -> None:
        """An empty cell is an empty answer; a column that is not there is a mistake."""
        for name in ("input", "output"):
            column = self.columns.get(name, name)
            if name not in said and _is_there(row, column):
                said[name] = "" if name == "input" or _cell(row, column) == "" else None
            if name not in said:
                there = ", ".join(list(row)[:_SHOWN])
                raise InvalidRecord("missing_field", f"no column {column!r} among {there}: map one to it", field=name)

    def _rest(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Columns that say nothing of ours: tags may be taken from among them."""
        used = {*self.columns.values(), *FIELDS}
        return {name: value for name, value in row.items() if name not in used and value is not None and value != ""}


formats.add("columns", Columns())

_SHOWN = 20


def _cell(row: Mapping[str, Any], path: str) -> Any:
    if path in row:
        return row[path]
    first, _, rest = path.partition(".")
    inner = opened(row.get(first))
    return _cell(cast(Mapping[str, Any], inner), rest) if rest and isinstance(inner, dict) else None


def _is_there(row: Mapping[str, Any], path: str) -> bool:
    return path in row or path.partition(".")[0] in row


def _value(name: str, cell: object) -> object:
    """A cell as the field has it: cells of a CSV are text, and what is text elsewhere may be a number here."""
    if name in _STRUCTURES:
        return opened(cell)
    if name in _LISTS:
        inner = opened(cell)
        if isinstance(inner, list) and all(map(_LISTS[name], cast(list[object], inner))):
            return cast(object, inner)
    if name in _NUMBERS or isinstance(cell, str):
        return cell
    return as_json(cell)


def _is_message(item: object) -> bool:
    return isinstance(item, dict) and "role" in item


def _is_passage(item: object) -> bool:
    return isinstance(item, str) or (isinstance(item, dict) and "text" in item)


_LISTS: dict[str, Callable[[object], bool]] = {
    "input": _is_message,
    "context": _is_passage,
    "reference": lambda item: isinstance(item, str),
}
"""Fields whose cell may hold a list of such things."""
