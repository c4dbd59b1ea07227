"""Label Studio's exports: JSON, JSON_MIN and CSV; what people said becomes labels of the sample."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from monitor.errors import InvalidRecord
from monitor.model import Record, Sample

from .base import Defaults, formats, parsed
from .columns import FIELDS, Columns
from .messages import Table, items, opened, table

_ALIASES = {
    "input": ("prompt", "question", "messages", "query"),
    "output": ("answer", "response", "completion", "reply"),
}
"""What data are often called where they are not called as ours are."""
_MINIMAL = ("annotation_id", "annotator", "lead_time")
_ABOUT_THE_TASK = frozenset({*_MINIMAL, "created_at", "updated_at"})
_row = msgspec.json.Decoder(dict[str, Any])


class LabelStudio:
    """Label Studio tasks with their annotations: exports as JSON, JSON_MIN and CSV."""

    def signs(self, document: Mapping[str, msgspec.Raw], /) -> tuple[str, ...]:
        for own in (("data", "annotations"), _MINIMAL):
            if all(name in document for name in own):
                return own
        return ()

    def sample(self, value: bytes, record: Record, index: int, defaults: Defaults, /) -> Sample:
        task = parsed(value, _row)
        data = table(task.get("data"))
        if data:
            labels = dict(_labels(task.get("annotations")))
        else:
            data = {name: value for name, value in task.items() if name not in _ABOUT_THE_TASK}
            labels = _flat_labels(data)
        row = {name: value for name, value in data.items() if name not in labels}
        row |= {"tags": {f"label.{name}": text for name, text in labels.items()}}
        columns = {name: _column(name, row) for name in _ALIASES}
        return Columns(columns).sample(msgspec.json.encode(row), record, index, defaults)


formats.add("label_studio", LabelStudio())


def _column(name: str, row: Table) -> str:
    for known in (name, *_ALIASES[name]):
        if known in row:
            return known
    there = ", ".join(key for key in row if key != "tags")
    raise InvalidRecord("missing_field", f"no data of this name among {there}: map one with columns", field=name)


def _labels(annotations: object) -> Iterator[tuple[str, str]]:
    """What people said, by the name of the control; several people's words that differ, one after the other."""
    said: dict[str, list[str]] = {}
    for one in items(annotations):
        annotation = table(one)
        if annotation.get("was_cancelled"):
            continue
        for region in items(annotation.get("result")):
            told = table(region)
            text = _told(told.get("value"))
            known = said.setdefault(str(told.get("from_name") or ""), [])
            if text and text not in known:
                known.append(text)
    for name, texts in said.items():
        if name and texts:
            yield name, " | ".join(texts)


def _told(value: object) -> str:
    """The words of a region: choices, a rating, a number, a text."""
    if not isinstance(value, dict):
        return "" if value is None else str(value)
    for kind in ("choices", "rating", "number", "text", "taxonomy", "datetime"):
        told = table(cast(object, value)).get(kind)
        if told is not None:
            return ", ".join(map(str, items(told)))
    return ""


def _flat_labels(data: Table) -> dict[str, str]:
    """In the minimal exports what people said lies among the data: everything that is no field of a sample."""
    fields = {*FIELDS, *(alias for aliases in _ALIASES.values() for alias in aliases)}
    labels: dict[str, str] = {}
    for name, value in data.items():
        if name not in fields and value is not None and value != "":
            labels[name] = ", ".join(filter(None, map(_told, items(opened(value)))))
    return labels
