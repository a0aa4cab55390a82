"""Scan, order and fuse scores, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from resmem_core.errors import KernelError
from resmem_core.kernel.reference.equations import need

Floats = NDArray[np.float32]
Rows = NDArray[np.int32]


def scan(rows: Floats, query: Floats) -> Floats:
    """Dot products of float32 rows with a query; a row that is not finite is the worst."""
    if not np.all(np.isfinite(query)):
        raise KernelError("scan refused its input: the query has a NaN or an infinity")
    with np.errstate(invalid="ignore", over="ignore"):
        out = np.asarray(rows @ query, dtype=np.float32)
    worst = np.float32(-np.finfo(np.float32).max)
    return np.where(np.isfinite(out), out, worst)


def scan_codes(
    codes: NDArray[np.int8], steps: Floats, query: NDArray[np.int16], unit: float
) -> Floats:
    """Dot products of rows in eight bits with a query in 16; each sum is exact."""
    sums = codes.astype(np.int32) @ query.astype(np.int32)
    with np.errstate(invalid="ignore", over="ignore"):
        out = np.float32(unit) * steps * sums.astype(np.float32)
    worst = np.float32(-np.finfo(np.float32).max)
    return np.where(np.isfinite(out), out, worst)


def late(
    codes: NDArray[np.uint8], starts: NDArray[np.int32], query: NDArray[np.int16], unit: float
) -> Floats:
    """The best match of each token among the signs of an item's pieces; each sum is exact."""
    signs = 2 * np.unpackbits(codes, axis=1).astype(np.float32) - 1
    found = signs @ query.T.astype(np.float32)
    out = np.zeros(len(starts) - 1, np.int64)
    some = np.flatnonzero(starts[1:] > starts[:-1])
    if some.size:
        best = np.maximum.reduceat(found, starts[some], axis=0)
        out[some] = best.astype(np.int64).sum(axis=1)
    return np.float32(unit) * out.astype(np.float32)


def top(score: Floats, k: int) -> Rows:
    """Indices of the k best, the best first; ties in the order of their index."""
    if np.any(np.isnan(score)):
        raise KernelError("top refused its input: a score is NaN")
    return np.argsort(-score, kind="stable")[:k].astype(np.int32)


def fuse(columns: Sequence[Floats], weights: Floats) -> Floats:
    """The weighted sum of score columns, in their order."""
    need("fuse", -1e18, 1e18, weights, *columns)
    out: Floats = weights[0] * columns[0]
    for weight, column in zip(weights[1:], columns[1:], strict=True):
        out = out + weight * column
    return out


def bm25(
    starts: Rows, rows: Rows, times: Floats, idf: Floats, norm: Floats, near: Rows, share: Floats
) -> Floats:
    """The sum over words of each row's own part, or the most that it takes from one around it."""
    need("bm25", 0, 1e18, times, idf, norm, share)
    if not np.all(norm > 0):
        raise KernelError("bm25 refused its input: a norm is 0")
    out = np.zeros_like(norm)
    for word, first, end in zip(idf, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        held, count = rows[first:end], times[first:end]
        own = np.zeros(len(norm) + 1, np.float32)  # its last one is read where there is no row: -1
        own[held] = word * count / (count + norm[held])
        best = own[:-1].copy()
        for at, shared in zip(near.T, share.T, strict=True):
            np.maximum(best, shared * own[at], out=best)
        out += best
    return out


def tally(starts: Rows, rows: Rows, times: Floats, bins: Rows, count: int) -> NDArray[np.float64]:
    """How often each word occurs in each bin of rows."""
    need("tally", -1e18, 1e18, times)
    words = len(starts) - 1
    word = np.repeat(np.arange(words) * count, np.diff(starts))
    found = np.bincount(word + bins[rows], times, words * count).reshape(words, count)
    return np.asarray(found, np.float64)


def around(x: Floats, near: Rows, share: Floats) -> Floats:
    """Each row's weighted sum of the rows around it."""
    need("around", -1e18, 1e18, x, share)
    padded = np.append(x, np.float32(0))
    out = np.zeros(len(x), np.float32)
    for at, shared in zip(near.T, share.T, strict=True):
        out += shared * padded[at]
    return out
