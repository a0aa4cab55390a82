"""Vectors in eight bits: what is lost, and when they are made again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resmem_core import kernel
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.index.quantized import Codes, encode
from resmem_core.memory.recall import features, rank
from resmem_core.protocols import Row
from resmem_core.types import Memory

VECTORS = arrays(np.float32, (3, 8), elements=st.floats(-2, 2, width=32))


@given(VECTORS)
def test_no_number_is_off_by_more_than_half_a_step(vectors: np.ndarray) -> None:
    """A row of zeros stays one."""
    codes, steps = encode(vectors)

    assert np.all(np.abs(codes * steps[:, None] - vectors) <= 0.5001 * steps[:, None] + 1e-12)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.data())
def test_codes_are_those_of_the_matrix_however_it_came_about(
    growth: list[int], data: st.DataObject
) -> None:
    """Rows added, changed and renumbered between reads."""
    rng = np.random.default_rng(1)
    held, vectors = Codes(4), np.empty((0, 4), np.float32)
    for more in growth:
        vectors = np.vstack([vectors, rng.normal(size=(more, 4)).astype(np.float32)])
        changed = data.draw(st.integers(0, len(vectors) - 1))
        vectors[changed] = rng.normal(size=4)
        held.stale(changed)
        if data.draw(st.booleans()):
            vectors = vectors[::-1].copy()
            held.clear()
        for found, wanted in zip(held.of(vectors), encode(vectors), strict=True):
            assert np.array_equal(found, wanted)


def filled(count: int) -> NamespaceIndex:
    rng = np.random.default_rng(5)
    index = NamespaceIndex(32)
    for n in range(count):
        vector = rng.normal(size=32).astype(np.float32)
        memory = Memory(
            f"m{n}", ("ada",), f"note {n}", (f"m{n}",), author="ada", seq=n, at=60.0 * n
        )
        index.put([Row(memory, vector / np.float32(np.linalg.norm(vector)))])
    return index


@pytest.mark.skipif(not kernel.COMPILED, reason="without C every scan is exact")
def test_recall_over_codes_is_recall(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best is the same, the scores differ in the third place at most, also after a change."""
    index = filled(300)
    index.put([Row(index.at(7), index.row("m8").vector)])
    index.remove(["m9"])
    question = index.row("m8").vector
    exact = rank.rank(index, "who", question, now=1e5, k=10)
    monkeypatch.setattr(features, "CODED", 1)
    monkeypatch.setattr(features, "EXACT", 16)
    found = rank.rank(index, "who", question, now=1e5, k=10)

    assert found[0].id == exact[0].id
    assert np.allclose([hit.score for hit in found], [hit.score for hit in exact], atol=5e-3)


@pytest.mark.skipif(not kernel.COMPILED, reason="without C every scan is exact")
def test_the_best_hundred_are_compared_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight bits choose them; their cosines are the vectors' own, to the last bit."""
    monkeypatch.setattr(features, "CODED", 1)
    index = filled(400)
    question = np.full(32, 32**-0.5, np.float32)
    exact = index.columns["vector"] @ question

    found = features._cosines(index, question)

    best = np.argsort(-exact)[:100]
    assert np.array_equal(found[best], exact[best])
