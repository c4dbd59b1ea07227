"""OpenAI request/response pairs."""

from pathlib import Path

import pytest

from monitor.formats import Decoded, Defaults, Limits, Unreadable, decode, formats
from monitor.model import Sample
from tests.builders import make_record

WIRE = Path(__file__).parents[2] / "wire" / "openai"


def read(value: bytes, app: str = "shop") -> Decoded:
    (one,) = decode(make_record(value), formats["openai"], defaults=Defaults(app=app), limits=Limits())
    return one


def golden(name: str) -> Sample:
    sample = read((WIRE / f"{name}.json").read_bytes())
    assert isinstance(sample, Sample), sample
    return sample


def test_a_chat_completion() -> None:
    sample = golden("chat")

    assert sample.app == "shop"
    assert sample.output == "Your order ships tomorrow."
    assert [message.role for message in sample.messages] == ["system", "user"]
    assert (sample.model, sample.model_version) == ("gpt-4o-mini", "gpt-4o-mini-2024-07-18")
    assert (sample.tokens_in, sample.tokens_out, sample.finish_reason) == (31, 6, "stop")
    assert sample.producer_id == "chatcmpl-B1"
    assert sample.time.year == 2025


def test_a_structured_answer_carries_its_schema() -> None:
    sample = golden("structured")

    assert sample.expects_json
    assert '"required":["ships"]' in sample.json_schema


def test_a_tool_call_is_an_answer_without_text() -> None:
    sample = golden("tools")

    assert sample.output == ""
    assert sample.tool_calls[0].name == "order_status"
    assert sample.tool_calls[0].arguments == '{"order": 4711}'
    assert "order_status" in sample.tools


@pytest.mark.parametrize("name", ["error", "no_response"])
def test_a_failed_call_is_a_sample_without_an_answer(name: str) -> None:
    sample = golden(name)

    assert sample.output is None
    assert sample.error


def test_what_is_missing_is_named() -> None:
    one = read(b'{"response": null}')

    assert isinstance(one, Unreadable)
    assert (one.error.reason, one.error.field) == ("missing_field", "request")


def test_an_application_is_needed() -> None:
    one = read((WIRE / "chat.json").read_bytes(), app="")

    assert isinstance(one, Unreadable)
    assert one.error.field == "app"
