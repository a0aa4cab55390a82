"""Clusters: what lies near each other is found together, whatever the rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.config.sleep import SleepConfig
from resmem_core.memory.sleep.cluster import Matrix, clusters, unit


def drawn(n: int, seed: int, distinct: int) -> Matrix:
    """Rows of length 1 in random directions, of which `distinct` differ."""
    rng = np.random.default_rng(seed)
    rows = unit(rng.normal(size=(max(distinct, 1), 8)).astype(np.float32))
    return rows[rng.integers(len(rows), size=n)]


@given(
    st.integers(0, 300),
    st.integers(0, 2**16),
    st.integers(1, 300),
    st.sampled_from([0.2, 0.5, 0.9]),
)
@settings(max_examples=60)
def test_clusters_are_apart_ordered_and_near(
    n: int, seed: int, distinct: int, cohesion: float
) -> None:
    """Nobody is in two, the order is kept, none is larger than a block, and members are near."""
    rows = drawn(n, seed, distinct)
    found = clusters(rows, SleepConfig(cohesion=cohesion, block=32))

    members = [int(row) for group in found for row in group]
    assert len(members) == len(set(members))
    assert [list(group) for group in found] == sorted(sorted(group) for group in found)
    assert all(2 <= len(group) <= 32 for group in found)
    for group in found:
        near = rows[group] @ rows[group].T
        mean = (near.sum() - len(group)) / (len(group) * (len(group) - 1))
        assert mean >= cohesion - 1e-5


@pytest.mark.parametrize("n", [2, 32, 33, 500])
def test_equal_rows_are_one_cluster_per_block(n: int) -> None:
    """What cannot be cut apart is still bounded by the block."""
    found = clusters(drawn(n, 0, 1), SleepConfig(block=32))

    assert sorted(len(group) for group in found if len(group) > 1)[-1] == min(n, 32)
    assert sum(map(len, found)) >= n - 1


def test_far_heaps_are_never_mixed() -> None:
    """Heaps in four directions, shuffled, are cut apart before any of them is cut."""
    heap = np.arange(400) % 4
    noise = np.random.default_rng(0).normal(scale=0.02, size=(400, 8))
    rows = unit((np.eye(8)[heap] + noise).astype(np.float32))
    found = clusters(rows, SleepConfig(block=128))

    assert all(len(set(heap[group])) == 1 for group in found)
    assert sum(map(len, found)) == 400


def test_three_rows_join_by_the_mean_of_both_halves() -> None:
    """A row joins a pair by its mean cosine to the two, not by the nearest or the farthest."""
    angles = np.array([0.0, 0.4, 1.3])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    mean = (np.cos(1.3) + np.cos(0.9)) / 2

    together = clusters(rows, SleepConfig(cohesion=mean - 0.01))
    apart = clusters(rows, SleepConfig(cohesion=mean + 0.01))

    assert [list(group) for group in together] == [[0, 1, 2]]
    assert [list(group) for group in apart] == [[0, 1]]


def test_rows_of_length_zero_belong_to_none() -> None:
    """What has no direction is near to nothing."""
    rows = np.zeros((100, 8), np.float32)
    rows[[3, 7], 0] = 1.0

    assert [list(group) for group in clusters(rows, SleepConfig(block=32))] == [[3, 7]]
