"""Scan vectors, order and fuse scores."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.errors import KernelError
from resmem_core.kernel import binding
from resmem_core.kernel.binding import numbers, ok, readable, writable
from resmem_core.kernel.reference import recall as reference

Floats: TypeAlias = NDArray[np.float32]


def scan(rows: Floats, query: Floats) -> Floats:
    """The dot product of each float32 row [count, dim] with the query [dim].

    A row that is not finite scores -3.4e38, so that it is never the best.

    Raises:
        KernelError: shapes that do not fit, or a query that is not finite.
    """
    rows, query = numbers("scan", rows, np.float32), numbers("scan", query, np.float32)
    if rows.ndim != 2 or query.shape != rows.shape[1:] or rows.size == 0:
        raise KernelError(
            f"scan needs rows (count, dim) and a query, got {rows.shape}, {query.shape}"
        )
    if binding.lib is None:
        return reference.scan(rows, query)
    out = np.empty(len(rows), dtype=np.float32)
    ok("scan", binding.lib.rsm_scan(*rows.shape, writable(out, "float[]"), *_floats(rows, query)))
    return out


def _floats(*arrays: Floats) -> list[Any]:
    return [readable(array, "float[]") for array in arrays]


def top(score: Floats, k: int) -> NDArray[np.int32]:
    """Indices of the k best scores, the best first; ties in the order of their index.

    Raises:
        KernelError: a NaN, or k outside 1 to the number of scores.
    """
    score = numbers("top", score, np.float32)
    if score.ndim != 1 or not 1 <= k <= score.size:
        raise KernelError(f"top needs 1 <= k <= {score.size} scores in a row, got k={k}")
    if binding.lib is None:
        return reference.top(score, k)
    out = np.empty(k, dtype=np.int32)
    ok("top", binding.lib.rsm_top(score.size, k, writable(out, "int32_t[]"), *_floats(score)))
    return out


def fuse(columns: Floats, weights: Floats) -> Floats:
    """The weighted sum of score columns: columns [c, count], weights [c].

    Raises:
        KernelError: shapes that do not fit, or a number that is not finite or beyond 1e18.
    """
    columns, weights = numbers("fuse", columns, np.float32), numbers("fuse", weights, np.float32)
    if columns.ndim != 2 or weights.shape != columns.shape[:1] or columns.size == 0:
        raise KernelError(
            f"fuse needs columns (c, count) and c weights, got {columns.shape}, {weights.shape}"
        )
    if binding.lib is None:
        return reference.fuse(columns, weights)
    out = np.empty(columns.shape[1], dtype=np.float32)
    count, c = columns.shape[1], columns.shape[0]
    ok("fuse", binding.lib.rsm_fuse(count, c, writable(out, "float[]"), *_floats(columns, weights)))
    return out
