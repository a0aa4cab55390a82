"""Clusters of memories by content: blocks by bisecting k-means, average linkage inside a block.

Both come from scikit-learn and SciPy. A block is split off in time linear in its items, and what
is compared all with all is bounded by the block's size, so the whole is near-linear.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.sleep import SleepConfig

Matrix: TypeAlias = NDArray[np.float32]
Indices: TypeAlias = NDArray[np.intp]


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
    labels = _bisected(vectors[rows], math.ceil(2 * len(rows) / size))
    order = np.argsort(labels, kind="stable")
    for group in np.split(rows[order], np.flatnonzero(np.diff(labels[order])) + 1):
        for start in range(0, len(group), size):
            yield group[start : start + size]


def _bisected(vectors: Matrix, count: int) -> NDArray[Any]:
    # scikit-learn and SciPy take seconds to import, and only sleep needs them
    from sklearn.cluster import BisectingKMeans  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    model = BisectingKMeans(
        n_clusters=count, random_state=0, max_iter=10, bisecting_strategy="largest_cluster"
    )
    with warnings.catch_warnings(), threadpool_limits(1):  # blocks are too small for threads
        warnings.simplefilter("ignore")  # fewer distinct rows than clusters: that is fine here
        labels: NDArray[Any] = model.fit_predict(vectors)
    return labels


def _linked(vectors: Matrix, block: Indices, cohesion: float) -> list[Indices]:
    """The clusters of one block."""
    if len(block) < 2:
        return []
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415
    from scipy.spatial.distance import squareform  # noqa: PLC0415

    rows = vectors[block].astype(np.float64)
    distance = np.clip(1.0 - rows @ rows.T, 0.0, 2.0)
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), "average")
    labels = fcluster(tree, 1.0 - cohesion, "distance")
    groups = (np.sort(block[labels == label]) for label in np.unique(labels))
    return [group for group in groups if len(group) > 1]


def medoid(vectors: Matrix) -> int:
    """The row nearest to all others (the first of equals).

    Shapes: (n, d), n > 0.
    """
    return int(np.argmax(np.round(vectors @ vectors.sum(axis=0), 6)))
