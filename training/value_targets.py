"""Synthetic value functions of twelve hormones: what a head must be able to tell apart.

Levels are uniform on [0, 1]^n. Signs alternate: the mean tells no target but the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

PAIRS: Final = ((0, 1, 1.0), (2, 3, -1.0), (4, 5, 1.0))
"""Products of two hormones, with their signs."""
GATES: Final = ((0, 4, 1.0), (1, 5, -1.0), (2, 6, 1.0))
"""The first hormone counts as far as the second is up."""
STEEP: Final = 6.0


def mean(h: Array) -> Array:
    """The mean level: what the published head can see."""
    return np.asarray(h.mean(axis=1))


def identity(h: Array) -> Array:
    """One hormone, and no other."""
    return h[:, 2]


def difference(h: Array) -> Array:
    """One hormone against another, as curiosity against stress."""
    return np.asarray(h[:, 0] - h[:, 1])


def pairwise(h: Array) -> Array:
    """Signed products of pairs."""
    return np.asarray(np.sum([sign * h[:, i] * h[:, j] for i, j, sign in PAIRS], axis=0))


def gates(h: Array) -> Array:
    """Hormones behind smooth gates: h_i σ(6 (h_j - ½))."""
    open_ = 1.0 / (1.0 + np.exp(-STEEP * (h - 0.5)))
    return np.asarray(np.sum([sign * h[:, i] * open_[:, j] for i, j, sign in GATES], axis=0))


def mixed(h: Array) -> Array:
    """A difference, pairs and gates together."""
    return np.asarray(difference(h) + pairwise(h) + gates(h))


TARGETS: Final[Mapping[str, Callable[[Array], Array]]] = {
    "mean": mean, "identity": identity, "difference": difference, "pairwise": pairwise,
    "gates": gates, "mixed": mixed,
}  # fmt: skip


def draw(count: int, n: int, rng: np.random.Generator) -> Array:
    """Levels [count, n]."""
    return rng.uniform(0.0, 1.0, (count, n))
