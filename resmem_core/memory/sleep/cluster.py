"""Clusters of memories by content: blocks by bisecting k-means, average linkage inside a block.

A block is split off in time linear in its items, and what is compared all with all is bounded by
the block's size, so the whole is near-linear. Both are written here because the libraries that
offer them weigh more than everything else that is installed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.sleep import SleepConfig

Matrix: TypeAlias = NDArray[np.float32]
Indices: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]

ROUNDS: Final = 10
"""Steps of k-means for one cut, at most."""


def unit(vectors: Matrix) -> Matrix:
    """The rows at length 1; zero rows stay zero.

    Shapes: (n, d) to (n, d).
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Matrix = (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)
    return scaled


def clusters(vectors: Matrix, config: SleepConfig) -> list[Indices]:
    """Indices of rows in clusters of at least two, each ascending, ordered by first member.

    The mean cosine between the two halves of every merge within a cluster is at least
    `config.cohesion`. Rows of length zero belong to no cluster. Deterministic for the same rows
    in the same order.

    Args:
        vectors: shape (n, d), rows of length 1 or 0.
    """
    found: list[Indices] = []
    filled = np.flatnonzero(np.einsum("ij,ij->i", vectors, vectors) > 0)
    for block in _blocks(vectors, filled, config.block):
        found += _linked(vectors, block, config.cohesion)
    return sorted(found, key=lambda members: int(members[0]))


def _blocks(vectors: Matrix, rows: Indices, size: int) -> Iterator[Indices]:
    """The rows in groups of at most `size` that lie near each other."""
    if len(rows) <= size:
        yield rows
        return
    for group in _bisected(vectors[rows], math.ceil(2 * len(rows) / size)):
        for start in range(0, len(group), size):
            yield rows[group[start : start + size]]


def _bisected(vectors: Matrix, count: int) -> list[Indices]:
    """Up to `count` groups of rows: the largest that can be cut is cut in two until there are.

    Rows that are all equal stay together.
    """
    vectors = vectors - vectors.mean(axis=0)  # what all share would only cost precision
    rng = np.random.default_rng(0)
    groups, sizes = [np.arange(len(vectors))], [len(vectors)]
    while len(groups) < count and max(sizes) > 1:
        at = sizes.index(max(sizes))
        group = groups[at]
        right = _halved(vectors[group], rng)
        if right.any():
            groups[at : at + 1] = halves = [group[~right], group[right]]
            sizes[at : at + 1] = map(len, halves)
        else:
            sizes[at] = 0  # not looked at again
    return groups


def _halved(rows: Matrix, rng: np.random.Generator) -> Mask:
    """Which rows go to the second half, by k-means from two rows drawn; none if all are equal."""
    total = rows.sum(axis=0)
    a, b = rows[rng.choice(len(rows), 2, replace=False)]
    right = np.zeros(len(rows), np.bool_)
    for _ in range(ROUNDS):
        before, right = right, _nearer(rows, a, b)
        if not right.any():  # two equal rows were drawn: what is farthest from them is the other
            right[np.argmax(np.square(rows - a).sum(axis=1))] = True
        if right.all() or np.array_equal(right, before):
            break
        count = np.float32(np.count_nonzero(right))
        b = (right.astype(np.float32) @ rows) / count
        a = (total - b * count) / (np.float32(len(rows)) - count)
    right = _nearer(rows, a, b)
    return ~right if right.all() else right  # equal rows may differ by a centre's rounding


def _nearer(rows: Matrix, a: Matrix, b: Matrix) -> Mask:
    """Which rows lie nearer to `b` than to `a`."""
    nearer: Mask = rows @ (b - a) - (b @ b - a @ a) / 2 > 0
    return nearer


def _linked(vectors: Matrix, block: Indices, cohesion: float) -> list[Indices]:
    """The clusters of one block: the two nearest are joined while they are near enough."""
    rows = vectors[block].astype(np.float64)
    near = np.clip(rows @ rows.T, -1.0, 1.0)
    np.fill_diagonal(near, -np.inf)
    members = [[int(row)] for row in block]
    while len(block) > 1:
        i, j = sorted(divmod(int(np.argmax(near)), len(block)))
        if not near[i, j] >= cohesion:
            break
        m, n = len(members[i]), len(members[j])
        near[i] = near[:, i] = (m * near[i] + n * near[j]) / (m + n)
        near[j] = near[:, j] = near[i, i] = -np.inf
        members[i] += members[j]
        members[j] = []
    return [np.sort(np.array(group)) for group in members if len(group) > 1]


def medoid(vectors: Matrix) -> int:
    """The row nearest to all others (the first of equals).

    Shapes: (n, d), n > 0.
    """
    return int(np.argmax(np.round(vectors @ vectors.sum(axis=0), 6)))
