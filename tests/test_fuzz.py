"""Bytes that nobody can trust: read, or refused by a typed error, whatever they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import seeds
from benchmarks.fuzz.targets import TARGETS, run
from resmem_core.config.gate import GateConfig
from resmem_core.engine.keeping import portable
from resmem_core.errors import ConfigError, InputError, StoreCorrupt
from resmem_core.memory.gate import model
from resmem_core.stores import codec

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


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", 7), ("text", None), ("author", ["Ada"]), ("session", {}), ("role", 0.5),
        ("trust", True), ("at", "today"), ("at", None), ("metadata", []), ("sources", [None]),
        ("links", [[1, "same", 1.0]]), ("versions", [[None, 1.0, "said"]]), ("context", [3]),
        ("pinned", "yes"), ("uses", 0.5), ("valid_to", {}), ("state", 3),
    ],
)  # fmt: skip
def test_a_row_that_nobody_may_write_is_damaged(field: str, value: object) -> None:
    """A checksum shows that a row is what was written, not that it was ours to write."""
    body = json.dumps({**seeds.BODIES[0], field: value}).encode()
    with pytest.raises(StoreCorrupt):
        codec.decode_row(("a",), "m", 1, "long", body, b"")


@pytest.mark.parametrize("name", ["balance", "decided", "kept", "lessons", "history"])
def test_numbers_without_end_are_no_state_of_a_gate(name: str) -> None:
    """JSON of ours has no infinity; a document of somebody else's may."""
    endless = [float("inf")] if name == "history" else float("inf")

    with pytest.raises(ConfigError):
        model.from_doc({**seeds.DOCUMENTS[0], name: endless}, GateConfig())


def test_an_import_with_a_number_without_end_is_refused_by_its_line() -> None:
    """And nothing of it is taken."""
    head, memory, *_ = seeds.EXPORT
    lines = [json.dumps(head), json.dumps({**memory, "seq": float("inf")})]

    with pytest.raises(InputError, match="line 2"):
        portable.parsed(lines)


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
