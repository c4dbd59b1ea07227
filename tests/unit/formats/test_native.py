"""The native format: what becomes a sample, and what a record that cannot become one is told."""

import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any
from uuid import uuid5

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.formats import Decoded, Defaults, Limits, Unreadable, decode, formats, native
from monitor.formats.base import NAMESPACE, identity
from monitor.model import Record, Sample
from tests.builders import NOON, make_call, make_record, make_sample

NATIVE = formats["native"]
DEEP = b"[" * 100_000 + b"]" * 100_000


def read(record: Record, *, app: str = "", limits: Limits | None = None) -> list[Decoded]:
    return decode(record, NATIVE, defaults=Defaults(app=app, tags=frozenset({"route"})), limits=limits or Limits())


def read_one(value: object, **said: object) -> Sample:
    (sample,) = read(make_record(value), **said)  # type: ignore[arg-type]
    assert isinstance(sample, Sample), sample
    return sample


def refused(value: object, *, limits: Limits | None = None) -> tuple[str, str]:
    (unreadable,) = read(make_record(value), limits=limits)  # type: ignore[arg-type]
    assert isinstance(unreadable, Unreadable), unreadable
    return unreadable.error.reason, unreadable.error.field


def test_a_sample_keeps_what_its_producer_said() -> None:
    sample = read_one(
        make_call(
            input=[
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url"}]},
                {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
            ],
            context=["a passage", {"text": "another", "score": 0.3}],
            reference=42,
            json_schema={"type": "object"},
            latency_ms=12.5,
            tokens_in=3,
            user="u",
            metadata={"route": "main", "secret": "x"},
        )
    )

    assert [message.role for message in sample.messages] == ["system", "user", "assistant"]
    assert sample.prompt == "Hi"
    assert sample.messages[1].parts[1].kind == "image_url"
    assert sample.messages[2].tool_calls[0].name == "f"
    assert sample.context == ("a passage", "another")
    assert sample.references == ("42",)
    assert sample.expects_json
    assert (sample.latency_ms, sample.tokens_in, sample.cost_usd) == (12.5, 3, None)
    assert dict(sample.tags) == {"route": "main"}


def test_metadata_fills_in_what_is_not_said_above() -> None:
    metadata = {"latency": 1.5, "cost_usd": 0.25, "input_token_count": 7, "conversation_id": "c", "language": "de"}

    sample = read_one(make_call(metadata=metadata))

    assert (sample.latency_ms, sample.cost_usd, sample.tokens_in) == (1500.0, 0.25, 7)
    assert (sample.conversation_id, sample.language) == ("c", "de")


def test_a_programming_language_is_no_language_to_answer_in() -> None:
    assert read_one(make_call(metadata={"language": "javascript"})).language == ""


def test_an_output_that_is_null_is_a_sample() -> None:
    assert read_one(make_call(output=None, error="503")).output is None


@pytest.mark.parametrize("frame", ["[{0},{1}]", "{0}\n{1}", "{0}\r\n\r\n{1}\n", "\ufeff[{0}, {1}]"])
def test_one_record_carries_many_samples(frame: str) -> None:
    first, second = (json.dumps(make_call(id=name)) for name in "ab")

    samples = read(make_record(frame.replace("{0}", first).replace("{1}", second)))

    assert [sample.producer_id for sample in samples if isinstance(sample, Sample)] == ["a", "b"]
    assert [sample.index for sample in samples if isinstance(sample, Sample)] == [0, 1]


def test_a_sample_printed_over_several_lines_is_one() -> None:
    assert read_one(json.dumps(make_call(input=[{"role": "user", "content": "x"}]), indent=0)).prompt == "x"


def test_one_bad_sample_costs_only_itself() -> None:
    found = read(make_record([make_call(), make_call(output=7), "no object", make_call(id="b")]))

    assert [type(one) for one in found] == [Sample, Unreadable, Unreadable, Sample]
    bad = found[1]
    assert isinstance(bad, Unreadable)
    assert (bad.index, bad.error.field) == (1, "output")
    assert bad.value is not None
    assert json.loads(bad.value)["output"] == 7


def test_a_broken_line_costs_only_itself() -> None:
    found = read(make_record(f'{{"input": "a", "outp\n{json.dumps(make_call())}'))

    assert [type(one) for one in found] == [Unreadable, Sample]


@pytest.mark.parametrize(
    ("value", "reason", "field"),
    [
        (None, "tombstone", ""),
        (b"", "empty", ""),
        (b" \n ", "empty", ""),
        (b"[]", "empty", ""),
        (b"not JSON", "not_json", ""),
        (b"\xff\xfe\x00", "not_utf8", ""),
        (b'{"app": "a", "input": "x', "truncated", ""),
        (b"[1, 2", "truncated", ""),
        (b"7", "wrong_type", ""),
        (b'"text"', "wrong_type", ""),
        (b"null", "wrong_type", ""),
        (b"[[1]]", "wrong_type", ""),
        (b'{"app":"a","output":"b"}', "missing_field", "input"),
        (b'{"app":"a","input":"b"}', "missing_field", "output"),
        (b'{"input":"a","output":"b"}', "missing_field", "app"),
        (b'{"app":"a","input":null,"output":"b"}', "wrong_type", "input"),
        (b'{"app":"a","input":"b","output":["c"]}', "wrong_type", "output"),
        (b'{"app":"a","input":[{"role":7}],"output":"b"}', "wrong_type", "input[0].role"),
        (b'{"app":"a","input":"b","output":"c","cost_usd":NaN}', "not_finite", "cost_usd"),
        (b'{"app":"a","input":"b","output":"c","metadata":{"a":[1,-Infinity]}}', "not_finite", "metadata.a[1]"),
        (b'{"app":"a","input":"b","output":"c","latency_ms":1e999}', "out_of_range", "latency_ms"),
        (b'{"app":"a","input":"b","output":"c","tokens_in":99999999999999999999999}', "wrong_type", "tokens_in"),
        (b'{"app":"a","input":"b","output":"c","latency_ms":-1}', "wrong_type", "latency_ms"),
        (b'{"app":"a","input":"b","output":"c","metadata":{"latency":"fast"}}', "wrong_type", "metadata.latency"),
        (b'{"app":"a","input":"b","output":"c","metadata":{"latency":-1}}', "out_of_range", "metadata.latency"),
        (b'{"app":"a","input":"b","output":"\\ud800"}', "lone_surrogate", "output"),
        (b'{"app":"a","input":"b","output":"c","timestamp":"0001-01-01T00:00:00Z"}', "bad_time", "timestamp"),
        (b'{"app":"a","input":"b","output":"c","timestamp":"9999-12-31T23:59:59Z"}', "bad_time", "timestamp"),
        (b'{"app":"a","input":"b","output":"c","timestamp":"yesterday"}', "bad_time", "timestamp"),
        (b'{"app":"a","input":"b","output":"c","timestamp":1e300}', "bad_time", "timestamp"),
        (b'{"app":"a","input":"b","output":"c","metadata":{"cost_usd":1' + b"0" * 400 + b"}}", "out_of_range",
         "metadata.cost_usd"),
        (b'{"app":"a","input":"b","output":"c","metadata":{"\\ud800":1}}', "lone_surrogate", "metadata.\\ud800"),
        (DEEP, "too_deep", ""),
        (b'{"app":"a","input":"b","output":"c","metadata":{"a":' + DEEP + b"}}", "too_deep", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_the_reason_and_the_field(value: bytes, reason: str, field: str) -> None:
    assert refused(value) == (reason, field)


def test_a_record_that_is_too_large_names_the_setting() -> None:
    (unreadable,) = read(make_record(make_call(output="x" * 2000)), limits=Limits(record_bytes=1000))

    assert isinstance(unreadable, Unreadable)
    assert unreadable.error.reason == "too_large"
    assert "limits.record_bytes" in str(unreadable.error)


def test_a_record_with_too_many_samples_is_refused() -> None:
    assert refused([make_call()] * 3, limits=Limits(samples=2)) == ("too_many", "")


def test_millions_of_items_are_refused_before_memory_is_set_aside() -> None:
    value = b"[" + b"1," * 4_000_000 + b"1]"

    tracemalloc.start()
    assert refused(value) == ("too_many", "")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * len(value)


def test_commas_inside_of_samples_and_texts_are_no_items() -> None:
    calls = [make_call(id=str(n), output='a, "b", [c,' * 5, context=["x", "y"]) for n in range(10)]

    assert len(read(make_record(calls), limits=Limits(samples=10))) == 10


def test_a_format_that_raises_costs_only_the_record() -> None:
    class Broken:
        def sample(self, value: bytes, record: object, index: int, defaults: object, /) -> Any:
            raise ZeroDivisionError(value)

    (unreadable,) = decode(make_record("a\tb"), Broken(), defaults=Defaults(), limits=Limits())

    assert isinstance(unreadable, Unreadable)
    assert unreadable.error.reason == "format_failed"
    assert "ZeroDivisionError" in str(unreadable.error)


def test_ten_thousand_samples_in_one_record() -> None:
    assert len(read(make_record([make_call(id=str(n)) for n in range(10_000)]))) == 10_000


@pytest.mark.parametrize(
    "text", ["\x00", "\u202eright to left", "zero\u200bwidth", "مرحبا", "\U0001f9ff", "e\u0301", "\ufeff"]
)
def test_odd_characters_stay_as_they_are(text: str) -> None:
    assert read_one(make_call(output=text)).output == text


@pytest.mark.parametrize(
    "value",
    ["2026-11-01T12:00:00Z", "2026-11-01T12:00:00", "2026-11-01T14:00:00+02:00", 1793534400, 1793534400000,
     1793534400000000, 1793534400000000000, None],
)  # fmt: skip
def test_times_of_every_kind(value: object) -> None:
    assert read_one(make_call(timestamp=value)).time == NOON


def test_the_id_is_the_same_on_every_redelivery() -> None:
    assert read_one(make_call()).id == read_one(make_call()).id
    assert read_one(make_call(id=None)).id == read_one(make_call(id=None)).id


def test_the_id_is_the_producers_where_it_is_a_uuid() -> None:
    name = "12345678-1234-5678-1234-567812345678"

    assert str(read_one(make_call(id=name)).id) == name


def test_samples_without_an_id_differ_by_their_place() -> None:
    first, second = read(make_record([make_call(id=None)] * 2))

    assert isinstance(first, Sample)
    assert isinstance(second, Sample)
    assert first.id != second.id


def test_the_same_id_in_two_applications_is_two_samples() -> None:
    assert read_one(make_call(app="a")).id != read_one(make_call(app="b")).id


@given(st.binary(max_size=300))
def test_no_bytes_whatever_raise(value: bytes) -> None:
    assert read(make_record(value), app="a")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(native.WireSample.__struct_fields__)), json_values, max_size=6))
def test_no_values_whatever_raise(fields: dict[str, object]) -> None:
    assert read(make_record(json.dumps(make_call() | fields)))


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 12, 31)))  # noqa: DTZ001
def test_every_time_comes_back(naive: datetime) -> None:
    time = naive.replace(tzinfo=UTC)

    assert read_one(make_call(timestamp=time.isoformat())).time == time


def test_the_json_schema_accepts_what_the_format_reads() -> None:
    validator = jsonschema_rs.validator_for(native.json_schema())

    assert validator.is_valid(make_call(input=[{"role": "user", "content": "x"}], metadata={"a": 1}))
    assert not validator.is_valid(make_call(output=7))
    assert not validator.is_valid({"output": "no input"})


def test_a_sample_is_refused_what_it_has_not() -> None:
    with pytest.raises(TypeError, match="has no colour"):
        make_sample(colour="red")
    with pytest.raises(TypeError, match="needs app, id, output, time"):
        Sample()  # type: ignore[call-arg]


@given(st.text(max_size=40), st.text(max_size=40).filter(lambda text: len(text) != 36))
def test_ids_are_uuid5s(app: str, producer_id: str) -> None:
    record = make_record(make_call())
    name = f"{app}/{producer_id}" if producer_id else f"{record.origin}/3"

    assert identity(producer_id, app, record, 3) == uuid5(NAMESPACE, name)
