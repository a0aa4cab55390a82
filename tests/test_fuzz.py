"""Bytes that nobody can trust: read, or refused by a typed error, whatever they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz.targets import TARGETS, run

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(
            ["weights", "history", "key", "statements", "format", "level", "tail", "measures", "id",
             "text", "role", "content", "at", "version", "canaries", "mapping", "breaker", "$or"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_answered(name: str, data: bytes) -> None:
    """No other exception than ours, no crash of C, nothing that is not idempotent."""
    run(name, data)


@pytest.mark.parametrize("name", ["imported", "carried", "documents"])
@settings(max_examples=25, deadline=None)
@given(value=_JSON)
def test_any_json_is_answered(name: str, value: object) -> None:
    """Also where it has the fields of what is read, with values of the wrong kind."""
    run(name, b"\x00" * (name == "imported") + json.dumps(value).encode())
