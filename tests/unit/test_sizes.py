"""Every check over texts made to be slow: twenty megabytes take linear time.

Nothing is timed: work that grows with the square of half a million characters would run into the limit of every test.
"""

import dataclasses
from typing import Any

import pytest

from monitor.checks import Scorer, build_scorers, checks
from monitor.checks.base import Tried
from monitor.model import Message, Part, Sample
from tests.builders import make_sample

MEGABYTE = 1_000_000
SHAPES = {
    "words": "word ",
    "one word": "x",
    "digits": "12345678901234567890.",
    "sentences": "Is it so? I think it may be; perhaps not. ",
    "brackets": "[{(",
    "closing": "}])",
    "quotes": "'\"`",
    "fences": "```python\n",
    "lines": "\n",
    "blanks": " \t",
    "list": "- item, item\n",
    "table": "| a | b |\n|---|---|\n",
    "links": "[a](",
    "mail": "a@b.",
    "numbers": "+49 30 1234567, 4111-1111-1111-1111; ",
    "keys": "sk-aAbB1cC2dD3_",
    "base64": "QUJDRA==",
    "letters": "\n(A) ",
    "yes": "yes no [Yes] ",
    "Thai": "สวัสดี",
    "Chinese": "你好。",
    "emoji": "🧿👩‍👩‍👧",
    "marks": "e\u0301",
    "json": '{"a": [1, "b"], "c": null}, ',
    "calls": "[f(a=1), g(b='",
    "tags": "<a><b></a>",
    "yaml": "a: {b: [",
    "comments": "/* -- # ",
    "backslashes": "\\\\n",
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "contains_any": {"texts": ["needle", "word"]},
    "contains_all": {"texts": ["needle", "word"]},
    "contains_none": {"texts": ["needle", "word"]},
    "regex": {"pattern": "(a+)+b|(x|x)*y"},
    "instructions": {"always": [{"id": "punctuation:no_comma"}, {"id": "startend:quotation"}]},
    "label_match": {"labels": ["yes", "no"]},
}
WHOLE = {"python_syntax", "sql_syntax", "javascript_syntax", "xml", "yaml"}
OURS = [name for name, spec in checks.items() if spec.module.startswith("monitor.")]


def scorers() -> list[Scorer]:
    wanted = {name: PARAMETERS.get(name, {}) | ({"whole": True} if name in WHOLE else {}) for name in OURS}
    return list(build_scorers(wanted, at="checks"))


def large(text: str, size: int) -> Sample:
    text = (text * (size // len(text.encode()) + 1))[:size]
    messages = (Message("system", (Part(text),)), Message("user", (Part(text),)), Message("tool", (Part(text),)))
    return make_sample(
        text,
        messages=messages,
        context=(text,),
        references=(text, "needle"),
        expected_format="",
        tools='[{"name": "f", "parameters": {"type": "object"}}]',
    )


def looked_at(scorer: Scorer, sample: Sample) -> None:
    if isinstance(scorer.check, Tried):
        scorer.check.program(sample)
        return
    if scorer.apart is not None and scorer.apart(sample) is not None:
        return  # it runs in a process of its own, which is stopped at its limit
    assert scorer.score(sample).label not in {"raised", "rubbish"}


@pytest.mark.parametrize("shape", SHAPES)
def test_half_a_megabyte_of_anything(shape: str) -> None:
    sample = large(SHAPES[shape], MEGABYTE // 2)

    for scorer in scorers():
        looked_at(scorer, sample)


def test_twenty_megabytes_of_words() -> None:
    sample = dataclasses.replace(large(SHAPES["words"], 20 * MEGABYTE), references=())

    for scorer in scorers():
        looked_at(scorer, sample)
