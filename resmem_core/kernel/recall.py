"""Scan vectors; match words; order, spread and fuse scores."""

from __future__ import annotations

from collections.abc import Sequence
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

_FAR: Final = 1e4
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


LATE_DIM: Final = 1024
LATE_TOKENS: Final = 256
"""The most of both that `late` takes."""


def late(codes: NDArray[np.uint8], starts: Rows, query: Floats) -> Floats:
    """The best match of each token of a question among an item's pieces, summed (late interaction).

    A piece is the signs of its vector, a match the dot product of a token's vector with these. The
    query is rounded to 16 bits.

    Args:
        codes: uint8 [pieces, dim / 8], a bit per number, set where it is above 0; the first is the
            highest of its byte.
        starts: int32 [items + 1], where each item begins in `codes`.
        query: float32 [tokens, dim], at most 256 and 1,024.

    Returns:
        float32 [items]; 0 for an item without pieces.

    Raises:
        KernelError: shapes that do not fit, or a query that is not finite or beyond 1e4.
    """
    codes, starts = numbers("late", codes, np.uint8), numbers("late", starts, np.int32)
    query = numbers("late", query, np.float32)
    tokens, dim = query.shape if query.ndim == 2 else (0, 0)
    if not 1 <= tokens <= LATE_TOKENS or dim % 8 or not 8 <= dim <= LATE_DIM:
        raise KernelError(f"late needs a query (tokens, dim) within limits, got {query.shape}")
    if codes.ndim != 2 or codes.shape[1] * 8 != dim:
        raise KernelError(f"late needs codes (pieces, {dim // 8}), got {codes.shape}")
    if starts.ndim != 1 or len(starts) < 2 or starts[0] or starts[-1] != len(codes):
        raise KernelError("late needs starts from 0 to the number of pieces")
    if np.any(starts[1:] < starts[:-1]):
        raise KernelError("late needs starts that rise")
    coarse, unit = _integers(query)
    if not _has("rsm_late"):
        return reference.late(codes, starts, coarse, unit)
    out = np.empty(len(starts) - 1, np.float32)
    given = (
        readable(codes, "uint8_t[]"), readable(starts, "int32_t[]"), readable(coarse, "int16_t[]"),
    )  # fmt: skip
    ok("late", binding.lib.rsm_late(len(out), tokens, dim, writable(out, "float[]"), *given, unit))
    return out


def _integers(query: Floats) -> tuple[NDArray[np.int16], float]:
    """A matrix in integers whose sums of `dim` are exact in float32, and what each counts."""
    largest = float(np.abs(query).max())
    if not largest <= _FAR:
        raise KernelError("late refused its input: the query is not finite, or too large")
    unit = largest / min(2**15 - 1, 2**24 // query.shape[1])
    return np.rint(query / np.float32(unit or 1.0)).astype(np.int16), unit


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


def fuse(columns: Sequence[Floats] | Floats, weights: Floats) -> Floats:
    """The weighted sum of score columns: c columns [count], weights [c].

    Raises:
        KernelError: shapes that do not fit, or a number that is not finite or beyond 1e18.
    """
    weights = numbers("fuse", weights, np.float32)
    columns = [numbers("fuse", column, np.float32) for column in columns]
    shapes = {column.shape for column in columns}
    if weights.shape != (len(columns),) or len(shapes) != 1 or not columns[0].size:
        raise KernelError(f"fuse needs columns [count] and as many weights, got {sorted(shapes)}")
    if not _has("rsm_sum"):
        return reference.fuse(columns, weights)
    out = np.empty_like(columns[0])
    given = binding.ffi.new("float *[]", _floats(*columns)), *_floats(weights)
    ok("fuse", binding.lib.rsm_sum(out.size, len(columns), writable(out, "float[]"), *given))
    return out


def bm25(
    starts: Rows, rows: Rows, times: Floats, idf: Floats, norm: Floats, near: Rows, share: Floats
) -> Floats:
    """BM25, where a row that does not hold a word takes a share of it from one near it.

    Args:
        starts: int32 [words + 1], where each word begins in `rows` and `times`.
        rows: int32, in [0, count), those of a word all different.
        times: float32, how often each of `rows` holds the word.
        idf: float32 [words].
        norm: float32 [count], above 0, what `times` are divided by besides themselves.
        near: int32 [count, ways], a row near each, or -1. The ways, 0, 2 or 4, go in pairs: what a
            row has in one of them has it in the other.
        share: float32 [count, ways], what a part of the near row counts here.

    Returns:
        float32 [count]: per word the row's own part, or the most that it takes; summed.

    Raises:
        KernelError: shapes or rows that do not fit, or a number outside [0, 1e18].
    """
    starts, rows, near = (numbers("bm25", each, np.int32) for each in (starts, rows, near))
    floats = (times, idf, norm, share)
    times, idf, norm, share = (numbers("bm25", each, np.float32) for each in floats)
    _need_starts("bm25", starts, rows, times)
    if idf.shape != (starts.size - 1,) or norm.ndim != 1:
        raise KernelError(f"bm25 needs an idf per word, got {idf.shape}, and a norm per row")
    if near.shape != share.shape or near.shape[:1] != norm.shape or near.shape[1] not in _WAYS:
        raise KernelError(f"bm25 needs near and share (count, ways), got {near.shape}")
    if not _has("rsm_bm25"):
        _need_rows("bm25", len(norm), rows, near)
        return reference.bm25(starts, rows, times, idf, norm, near, share)
    out: Floats = np.zeros(len(norm), np.float32)
    room = (writable(out, "float[]"), writable(np.zeros_like(out), "float[]"))
    listed = (readable(starts, "int32_t[]"), readable(rows, "int32_t[]"))
    given = (*listed, *_floats(times, idf, norm), readable(near, "int32_t[]"), *_floats(share))
    ok("bm25", binding.lib.rsm_bm25(len(norm), idf.size, near.shape[1], *room, *given))
    return out


def tally(starts: Rows, rows: Rows, times: Floats, bins: Rows, count: int) -> NDArray[np.float64]:
    """How often each word occurs in each of `count` bins of rows, float64 [words, count].

    Args:
        starts: int32 [words + 1], where each word begins in `rows` and `times`.
        rows: int32, those that hold the word.
        times: float32, how often each of `rows` holds it.
        bins: int32, in [0, count), the bin of every row.

    Raises:
        KernelError: shapes, rows or bins that do not fit, or a number beyond 1e18.
    """
    starts, rows, bins = (numbers("tally", each, np.int32) for each in (starts, rows, bins))
    times = numbers("tally", times, np.float32)
    _need_starts("tally", starts, rows, times)
    if bins.ndim != 1 or not bins.size or count < 1:
        raise KernelError(f"tally needs a bin per row, got {bins.shape} and {count} bins")
    if not _has("rsm_tally"):
        _need_rows("tally", len(bins), rows, rows)
        _need_rows("tally", count, bins, bins)
        return reference.tally(starts, rows, times, bins, count)
    out = np.empty((len(starts) - 1, count))
    listed = (readable(starts, "int32_t[]"), readable(rows, "int32_t[]"))
    given = (*listed, *_floats(times), readable(bins, "int32_t[]"))
    ok("tally", binding.lib.rsm_tally(len(bins), *out.shape, writable(out), *given))
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


def _need_starts(what: str, starts: Rows, rows: Rows, times: Floats) -> None:
    if rows.shape != times.shape or rows.ndim != 1 or starts.ndim != 1:
        raise KernelError(f"{what} needs rows and as many times, got {rows.shape}, {times.shape}")
    if not starts.size or starts[0] or starts[-1] != rows.size or (starts[1:] < starts[:-1]).any():
        raise KernelError(f"{what} needs starts that rise from 0 to the number of rows")


def _need_rows(what: str, count: int, rows: Rows, near: Rows) -> None:
    """Refuse what C refuses: numbers that are no rows."""
    if np.any((rows < 0) | (rows >= count)) or np.any((near < -1) | (near >= count)):
        raise KernelError(f"{what} refused its input: {binding.REASONS[4]}; nothing was changed")
