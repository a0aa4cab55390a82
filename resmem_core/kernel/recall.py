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
Codes: TypeAlias = NDArray[np.int8]


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


def scan_codes(codes: Codes, steps: Floats, query: Floats) -> Floats:
    """The dot product of each row `steps[i] * codes[i]` with the query, which is rounded too.

    The query is rounded to 16 bits, or as many as the sum of `dim` products leaves in 32. A row
    whose step is not finite scores -3.4e38.

    Args:
        codes: int8 [count, dim].
        steps: float32 [count].
        query: float32 [dim].

    Raises:
        KernelError: shapes that do not fit, or a query that is not finite.
    """
    codes, steps = numbers("scan_codes", codes, np.int8), numbers("scan_codes", steps, np.float32)
    query = numbers("scan_codes", query, np.float32)
    if codes.ndim != 2 or (*steps.shape, *query.shape) != codes.shape or codes.size == 0:
        raise KernelError(
            f"scan_codes needs codes (count, dim), steps and a query, got {codes.shape}, "
            f"{steps.shape}, {query.shape}"
        )
    coarse, unit = _rounded(query)
    if binding.lib is None:
        return reference.scan_codes(codes, steps, coarse, unit)
    out = np.empty(len(codes), dtype=np.float32)
    arrays = (
        readable(codes, "int8_t[]"), readable(steps, "float[]"), readable(coarse, "int16_t[]"),
    )  # fmt: skip
    count, dim = codes.shape
    ok(
        "scan_codes",
        binding.lib.rsm_scan_codes(count, dim, writable(out, "float[]"), *arrays, unit),
    )
    return out


def _rounded(query: Floats) -> tuple[NDArray[np.int16], float]:
    """The query in integers, and the number that each of them counts."""
    if not np.all(np.isfinite(query)):
        raise KernelError("scan_codes refused its input: the query has a NaN or an infinity")
    most = min(2**15 - 1, (2**31 - 1) // 128 // len(query))
    unit = float(np.abs(query).max()) / max(most, 1)
    if unit == 0.0 or most == 0:
        return np.zeros(len(query), np.int16), 0.0
    return np.rint(query / np.float32(unit)).clip(-most, most).astype(np.int16), unit


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
