"""Tool calls: as they are written, and as the tools want them."""

import json
from typing import Any

import pytest

from monitor.checks.functions import Call, NoCallError, calls_in
from monitor.model import ToolCall
from tests.builders import make_sample, run_check

WEATHER = {
    "name": "weather.get",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "unit": {"type": "string", "enum": ["C", "F"]},
            "at": {"type": "array", "items": {"type": "float"}},
            "more": {"type": "dict", "properties": {"deep": {"type": "boolean"}}},
        },
        "required": ["city"],
    },
}
TOOLS = json.dumps([WEATHER, {"type": "function", "function": {"name": "stop", "parameters": {}}}])


@pytest.mark.parametrize(
    "text",
    [
        "[weather.get(city='Oslo', days=3)]",
        "weather.get(city='Oslo', days=3)",
        '```python\n[weather.get(city="Oslo", days=3)]\n```',
        '[{"weather.get": {"city": "Oslo", "days": 3}}]',
        '[{"weather.get": "{\\"city\\": \\"Oslo\\", \\"days\\": 3}"}]',
        '{"name": "weather.get", "arguments": {"city": "Oslo", "days": 3}}',
        '[{"name": "weather.get", "parameters": {"city": "Oslo", "days": 3}}]',
        '{"function": {"name": "weather.get", "arguments": "{\\"city\\": \\"Oslo\\", \\"days\\": 3}"}}',
    ],
)
def test_calls_are_written_in_many_ways(text: str) -> None:
    assert calls_in(text) == [Call("weather.get", {"city": "Oslo", "days": 3})]


@pytest.mark.parametrize(
    "text", ["", "Sure, I will look that up.", "[f(", "[f(**x)]", "[1, 2]", "7", "[" * 10_000, '{"a": 1, "b": 2}']
)
def test_what_is_no_call_says_so(text: str) -> None:
    with pytest.raises(NoCallError):
        calls_in(text)


@pytest.mark.parametrize("text", [" [f(a=1)]", "f(a=1)", '{"name": "f", "arguments": {}, "x": 1}', "```\n[f()]\n```"])
def test_strict_takes_them_as_the_leaderboard_does(text: str) -> None:
    with pytest.raises(NoCallError):
        calls_in(text, strict=True)


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        ({"city": "Oslo"}, ""),
        ({"city": "Oslo", "days": 2, "unit": "C", "at": [1, 2.5], "more": {"deep": True}}, ""),
        ({}, "missing_argument"),
        ({"city": 7}, "wrong_type"),
        ({"city": "Oslo", "days": "2"}, "wrong_type"),
        ({"city": "Oslo", "days": True}, "wrong_type"),
        ({"city": "Oslo", "days": 2.0}, "wrong_type"),
        ({"city": "Oslo", "unit": "K"}, "wrong_value"),
        ({"city": "Oslo", "at": ["noon"]}, "wrong_type"),
        ({"city": "Oslo", "more": {"deep": "yes"}}, "wrong_type"),
        ({"city": "Oslo", "wind": 1}, "unknown_argument"),
    ],
)
def test_arguments_fit_or_not(arguments: dict[str, Any], label: str) -> None:
    sample = make_sample("", tools=TOOLS, tool_calls=(ToolCall("weather_get", json.dumps(arguments)),))

    finding = run_check("function_call", sample)

    assert finding.label == label
    assert (finding.value == 1.0) is (label == "")
    assert label == "" or finding.why.startswith("weather_get")


@pytest.mark.parametrize(
    ("output", "said", "label"),
    [
        ("[nothing.of_the_kind()]", {}, "unknown_function"),
        ("[stop()]", {}, ""),
        ("[]", {}, "no_call"),
        ("I would rather talk.", {}, "unparsable"),
        ("I would rather talk.", {"expected_format": ""}, "not_applicable"),
        ("[stop()]", {"tools": ""}, "not_applicable"),
        ("[stop()]", {"tools": "[7]"}, "bad_tools"),
    ],
)
def test_answers_of_every_kind(output: str, said: dict[str, str], label: str) -> None:
    sample = make_sample(output, **({"expected_format": "function_call", "tools": TOOLS} | said))

    assert run_check("function_call", sample).label == label


def test_the_value_is_the_share_of_good_calls() -> None:
    sample = make_sample("[stop(), weather.get()]", expected_format="function_call", tools=TOOLS)

    assert run_check("function_call", sample).value == 0.5


def test_broken_arguments_are_no_call() -> None:
    sample = make_sample("", tools=TOOLS, tool_calls=(ToolCall("stop", '{"a": '),))

    assert run_check("function_call", sample).label == "unparsable"
