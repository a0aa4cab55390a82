"""Scan vectors; match words; order, spread and fuse scores."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.errors import KernelError
from resmem_core.kernel import binding
from resmem_core.kernel.binding import numbers, ok, readable, writable
from resmem_core.kernel.reference import recall as reference

Floats: TypeAlias = NDArray[np.float32]
Codes: TypeAlias = NDArray[np.int8]
Rows: TypeAlias = NDArray[np.int32]

_WAYS: Final = (0, 2, 4)
"""Numbers of directions from which a row may take a share in `match`."""


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


def match(count: int, starts: Rows, rows: Rows, parts: Floats, near: Rows, share: Floats) -> Floats:
    """Sum groups of parts over rows, where a row without a part takes a share of one near it.

    Args:
        count: number of rows.
        starts: int32 [groups + 1], where each group begins in `rows` and `parts`.
        rows: int32, in [0, count), those of a group all different.
        parts: float32, one per row in `rows`.
        near: int32 [count, ways], a row near each, or -1. The ways, 0, 2 or 4, go in pairs: what a
            row has in one of them has it in the other.
        share: float32 [count, ways], what a part of the near row counts here.

    Returns:
        float32 [count]: per group the row's own part, or the most that it takes; summed.

    Raises:
        KernelError: shapes or rows that do not fit, or a number outside [0, 1e18].
    """
    starts, rows = numbers("match", starts, np.int32), numbers("match", rows, np.int32)
    parts, near = numbers("match", parts, np.float32), numbers("match", near, np.int32)
    share = numbers("match", share, np.float32)
    if count < 1 or starts.size < 1 or rows.shape != parts.shape or rows.ndim != 1:
        raise KernelError(f"match needs rows and as many parts, got {rows.shape}, {parts.shape}")
    if near.shape != share.shape or near.shape[:1] != (count,) or near.shape[1] not in _WAYS:
        raise KernelError(f"match needs near and share ({count}, ways), got {near.shape}")
    if starts[0] or starts[-1] != rows.size or np.any(starts[1:] < starts[:-1]):
        raise KernelError("match needs starts that rise from 0 to the number of rows")
    if not _has("rsm_match"):
        _need_rows("match", count, rows, near)
        return reference.match(count, starts, rows, parts, near, share)
    out: Floats = np.zeros(count, np.float32)
    own, touched = np.zeros(count, np.float32), np.empty(count, np.int32)
    room = (writable(out, "float[]"), writable(own, "float[]"), writable(touched, "int32_t[]"))
    given = (
        readable(starts, "int32_t[]"), readable(rows, "int32_t[]"), readable(parts, "float[]"),
        readable(near, "int32_t[]"), readable(share, "float[]"),
    )  # fmt: skip
    ok("match", binding.lib.rsm_match(count, len(starts) - 1, near.shape[1], *room, *given))
    return out


def around(x: Floats, near: Rows, share: Floats) -> Floats:
    """The weighted sum of what is near each row: x [count], near and share [count, ways].

    Args:
        x: float32.
        near: int32, a row or -1 for none.
        share: float32.

    Raises:
        KernelError: shapes or rows that do not fit, or a number that is not finite or beyond 1e18.
    """
    x, near = numbers("around", x, np.float32), numbers("around", near, np.int32)
    share = numbers("around", share, np.float32)
    if near.shape != share.shape or near.shape[:1] != x.shape or near.size == 0:
        raise KernelError(f"around needs near and share (count, ways), got {near.shape}, {x.shape}")
    if not _has("rsm_around"):
        _need_rows("around", len(x), np.empty(0, np.int32), near)
        return reference.around(x, near, share)
    out = np.empty(len(x), np.float32)
    given = (readable(x, "float[]"), readable(near, "int32_t[]"), readable(share, "float[]"))
    ok("around", binding.lib.rsm_around(*near.shape, writable(out, "float[]"), *given))
    return out


def _has(name: str) -> bool:
    """Whether the kernel is there and has the function: one built before it was added has not."""
    return hasattr(binding.lib, name)


def _need_rows(what: str, count: int, rows: Rows, near: Rows) -> None:
    """Refuse what C refuses: numbers that are no rows."""
    if np.any((rows < 0) | (rows >= count)) or np.any((near < -1) | (near >= count)):
        raise KernelError(f"{what} refused its input: {binding.REASONS[4]}; nothing was changed")
