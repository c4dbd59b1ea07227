"""JSON Schema against the reference implementation, over every draft from 7 to 2020-12.

No wheel carries the official test suite; what wheels carry are the drafts' own meta-schemas and the reference library.
"""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_specifications import REGISTRY

from tests.builders import make_sample, run_check

DRAFTS: dict[str, Any] = {
    "http://json-schema.org/draft-07/schema#": jsonschema.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema.Draft202012Validator,
}
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "ab", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "ab"]), inner, max_size=3),
    max_leaves=5,
)
types = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    named = st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": types | st.lists(types, min_size=1, max_size=2, unique=True),
            "enum": st.lists(values, min_size=1, max_size=3),
            "const": values,
            "minimum": st.integers(-2, 2),
            "exclusiveMaximum": st.integers(-2, 2),
            "multipleOf": st.sampled_from([1, 2, 0.5]),
            "minLength": st.integers(0, 2),
            "maxLength": st.integers(0, 2),
            "pattern": st.sampled_from(["^a", "b$", "."]),
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "uniqueItems": st.booleans(),
            "contains": inner,
            "properties": named,
            "required": st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True),
            "additionalProperties": inner,
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), inner, max_size=1),
            "propertyNames": inner,
            "minProperties": st.integers(0, 2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
        },
    )


schemas = st.recursive(st.booleans() | st.fixed_dictionaries({"type": types}), _objects, max_leaves=4)


@pytest.mark.parametrize("draft", DRAFTS)
@settings(max_examples=200)
@given(schema=_objects(schemas), value=values)
def test_both_say_the_same(draft: str, schema: dict[str, Any], value: Any) -> None:
    schema = {"$schema": draft, **schema}

    found = run_check("json_schema", make_sample(json.dumps(value), json_schema=json.dumps(schema)))

    assert (found.value == 1.0) == DRAFTS[draft](schema).is_valid(value), found.why


@pytest.mark.parametrize("draft", DRAFTS)
def test_each_drafts_meta_schema_holds_for_itself(draft: str) -> None:
    text = json.dumps(REGISTRY.contents(draft))

    assert run_check("json_schema", make_sample(text, json_schema=text)).value == 1.0
    assert run_check("json_schema", make_sample('{"type": 7}', json_schema=text)).value == 0.0
    assert run_check("json_schema", make_sample('{"required": "a"}', json_schema=text)).value == 0.0
