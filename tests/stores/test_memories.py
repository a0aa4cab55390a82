"""What a file's memories are written from, and what is read of a row without decoding all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.errors import StoreCorrupt
from resmem_core.memory.gate.merging import with_merged
from resmem_core.protocols import Put, Row
from resmem_core.stores.codec import decode_row, encode_memory, encode_vector
from resmem_core.stores.memories import sources_of
from resmem_core.stores.sqlite import SqliteStore
from resmem_core.types import Memory, StateVector
from resmem_core.types.changed import changed

NAMESPACE = ("acme", "ada")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def memory(ident: str = "a", text: str = "Tea at four.", **fields: object) -> Memory:
    """A plain one."""
    return replace(Memory(ident, NAMESPACE, text, (ident,)), **fields)


@given(TEXT, st.lists(TEXT, max_size=5), st.dictionaries(TEXT, TEXT, max_size=2))
def test_sources_are_read_off_a_body(text: str, ids: list[str], metadata: dict[str, str]) -> None:
    """Whatever the text says, "sources" in it included."""
    whole = memory(text=f'{text},"sources":["x"]', sources=tuple(ids), metadata=metadata)

    assert sources_of(encode_memory(whole)) == ids


@pytest.mark.parametrize("body", [b"", b"{", b'{"text":', b'{"text":"a","sources":[', b"[1]", None])
def test_a_damaged_body_is_told(body: bytes | None) -> None:
    """A row that is no memory is an error, not an empty list."""
    with pytest.raises(StoreCorrupt):
        sources_of(body)  # type: ignore[arg-type]


def test_an_older_order_of_fields_is_read() -> None:
    """A body that begins with another field is decoded whole."""
    assert sources_of(b'{"role":"user","sources":["b"],"text":"x"}') == ["b"]


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_what_was_merged_is_read_back(texts: list[str]) -> None:
    """Each merged message with its words, also when the item is written again after more came."""
    whole = memory()
    for number, text in enumerate(texts):
        whole = with_merged(whole, [memory(f"m{number}", text)])
        row = Row(whole, [1.0])
        body = encode_memory(whole)
        again = decode_row(NAMESPACE, "a", 0, "buffer", body, encode_vector(row.vector))
        assert again.memory == whole


def test_the_last_row_of_an_id_counts() -> None:
    """One operation may name a memory twice."""
    store = SqliteStore(":memory:")
    first, last = memory(sources=("a", "s")), memory(text="Coffee.", sources=("a", "t"))
    store.apply([Put((Row(first, [1.0]), Row(last, [1.0])))])

    assert [row.memory for row in store.rows(NAMESPACE)] == [last]
    assert store.sources(NAMESPACE, ["s", "t", "a"]) == {"t": "a", "a": "a"}
    store.close()


def test_changed_is_replace() -> None:
    """Some fields are others; the value that was given stays as it is."""
    old = memory(metadata={"k": 1})

    assert changed(old, uses=2, text="Milk.") == replace(old, uses=2, text="Milk.")
    assert changed(StateVector(), value=0.2) == replace(StateVector(), value=0.2)
    assert old.uses == 0


def test_changed_refuses_other_fields() -> None:
    """A name that is no field is a TypeError."""
    with pytest.raises(TypeError, match="usages"):
        changed(memory(), usages=1)
