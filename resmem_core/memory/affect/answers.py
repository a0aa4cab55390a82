"""What somebody else's model answers, checked: vectors of texts, and the twelve scores of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from resmem_core.errors import ClassifierError, EmbedderError
from resmem_core.protocols import Vector
from resmem_core.types import NEUROCHEMICALS


def unit_rows(name: str, rows: Any, count: int, dim: int | None = None) -> Vector:
    """Vectors at unit length, float32, shape (count, dim); a row of zeros stays.

    Args:
        name: the model's, for the error.
        rows: what it returned for `count` texts.
        dim: length of a vector; None for any, but one for all.

    Raises:
        EmbedderError: not one finite vector of this length per text.
    """
    try:
        found = np.asarray(rows, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise EmbedderError(f"{name} returned vectors of several lengths, or no numbers") from error
    if found.ndim != 2 or not found.size or not np.isfinite(found).all():
        raise EmbedderError(f"{name} did not return one finite vector per text")
    if found.shape != (count, dim or found.shape[1]):
        raise EmbedderError(f"{name} returned shape {found.shape}, expected ({count}, {dim})")
    sizes = np.linalg.norm(found, axis=1, keepdims=True)
    unit: Vector = np.divide(found, np.where(sizes > 0, sizes, 1)).astype(np.float32)
    return unit


def twelve(found: Any) -> dict[str, float]:
    """The scores by neurochemical, each in [0, 1].

    Raises:
        ClassifierError: no table of them, one is missing, or one is no number in [0, 1].
    """
    if not isinstance(found, Mapping):
        raise ClassifierError("the model's answer is no table of the twelve scores")
    scores: dict[str, Any] = {name: found.get(name) for name in NEUROCHEMICALS}
    for name, value in scores.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0.0 <= value <= 1.0:
            raise ClassifierError(f"the model's {name} is not a number in [0, 1]")
    return {name: float(value) for name, value in scores.items()}
