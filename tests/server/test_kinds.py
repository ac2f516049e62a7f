"""Every kind of value checks what its JSON Schema says."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.config import ServingConfig
from seqgen.server.parameters.completions import completion_table
from seqgen.server.parameters.others import detokenize_table, predict_table, tokenize_table
from seqgen.server.parameters.table import read_fields, schema_of

CONFIG = ServingConfig(longest_prompt=5, longest_text=5, most_texts=3)
TABLES = [table(CONFIG) for table in (completion_table, predict_table, tokenize_table, detokenize_table)]
FIELDS = [(name, parameter) for table in TABLES for name, parameter in table.items()]
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 200), st.floats(-2, 2), st.text(max_size=7), st.sampled_from([1.0, 0, 1])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("0a", max_size=2), inner, max_size=3)
)


@pytest.mark.parametrize(("name", "parameter"), FIELDS, ids=[name for name, _ in FIELDS])
@settings(max_examples=25, deadline=None)
@given(value=VALUES)
def test_a_kind_accepts_what_its_schema_accepts(name: str, parameter: Any, value: Any) -> None:
    schema = parameter.kind.schema()
    assert parameter.kind.accepts(value) == jsonschema_rs.is_valid(schema, value), json.dumps(value)


def test_null_counts_as_left_out_in_the_schema_too() -> None:
    table = completion_table(CONFIG)
    body = dict.fromkeys(table)
    assert read_fields(body, table).values == {}
    assert jsonschema_rs.is_valid(schema_of(table), body)


def test_a_field_that_is_required_is_required_in_the_schema_too() -> None:
    schema = schema_of(predict_table(CONFIG))
    assert not jsonschema_rs.is_valid(schema, {})
    assert not jsonschema_rs.is_valid(schema, {"sources": None})
    assert jsonschema_rs.is_valid(schema, {"sources": "abc"})
