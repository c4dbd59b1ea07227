"""Rows of anybody's columns."""

import json
from typing import Any

import pytest

from monitor.formats import Columns, Decoded, Defaults, Limits, Unreadable, decode
from monitor.model import Sample
from tests.builders import make_record


def read(row: dict[str, Any], columns: dict[str, str] | None = None, *, tags: frozenset[str] = frozenset()) -> Decoded:
    defaults = Defaults(app="shop", tags=tags)
    (one,) = decode(make_record(row), Columns(columns or {}), defaults=defaults, limits=Limits())
    return one


def sample(row: dict[str, Any], columns: dict[str, str] | None = None, **said: Any) -> Sample:
    one = read(row, columns, **said)
    assert isinstance(one, Sample), one
    return one


def test_columns_are_mapped_and_the_others_are_taken_by_name() -> None:
    one = sample(
        {"question": "When?", "answer": "Now.", "model": "m", "extra": "kept", "timings": {"total": 812.5}},
        {"input": "question", "output": "answer", "latency_ms": "timings.total"},
        tags=frozenset({"extra"}),
    )

    assert (one.prompt, one.output, one.model, one.latency_ms) == ("When?", "Now.", "m", 812.5)
    assert one.tags == {"extra": "kept"}


def test_cells_of_text_become_what_the_fields_are() -> None:
    one = sample(
        {
            "input": '[{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]',
            "output": "Hello",
            "latency_ms": "812.5",
            "tokens_in": "31",
            "timestamp": "2026-11-01T12:00:00Z",
            "context": '["one", "two"]',
            "reference": '["Hello", "Hi"]',
            "json_schema": '{"type": "object"}',
            "id": "7",
        }
    )

    assert [message.role for message in one.messages] == ["system", "user"]
    assert (one.latency_ms, one.tokens_in, one.producer_id) == (812.5, 31, "7")
    assert (one.context, one.references) == (("one", "two"), ("Hello", "Hi"))
    assert one.json_schema == '{"type":"object"}'


@pytest.mark.parametrize("text", ['{"a": 1}', "[1, 2]", '["a"]', "[not json", "42", "true"])
def test_texts_that_look_like_json_stay_texts(text: str) -> None:
    one = sample({"input": text, "output": text, "reference": '{"a": 1}'})

    assert (one.prompt, one.output, one.references) == (text, text, ('{"a": 1}',))


def test_numbers_where_text_is_wanted_are_text() -> None:
    one = sample({"input": "6 * 7?", "output": 42, "model": 4, "reference": 42})

    assert (one.output, one.model, one.references) == ("42", "4", ("42",))


def test_an_empty_cell_is_an_empty_answer_and_null_is_none() -> None:
    assert sample({"input": "a", "output": ""}).output == ""
    assert sample({"input": "a", "output": None}).output is None


@pytest.mark.parametrize(
    ("row", "columns", "field", "says"),
    [
        ({"question": "a", "answer": "b"}, {}, "input", "question, answer"),
        ({"question": "a", "answer": "b"}, {"input": "question", "output": "reply"}, "output", "'reply'"),
        ({"input": "a", "output": "b", "latency_ms": "fast"}, {}, "latency_ms", "float"),
        ({"input": "a", "output": "b", "tokens_in": "-1"}, {}, "tokens_in", ">= 0"),
        ({"input": "a", "output": "b", "timestamp": "yesterday"}, {}, "timestamp", "ISO 8601"),
        ({"input": "a", "output": "b", "tags": "beta"}, {}, "tags", "object"),
    ],
)
def test_what_does_not_fit_is_named(row: dict[str, Any], columns: dict[str, str], field: str, says: str) -> None:
    one = read(row, columns)

    assert isinstance(one, Unreadable)
    assert one.error.field == field
    assert says in str(one.error)


def test_a_row_is_a_json_object() -> None:
    (one,) = decode(make_record(json.dumps("text")), Columns(), defaults=Defaults(app="a"), limits=Limits())

    assert isinstance(one, Unreadable)
    assert one.error.reason == "wrong_type"
