"""The C kernel and the NumPy reference are one arithmetic, whatever the profile and the input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import draws
from benchmarks.kernel import heads
from resmem_core import kernel
from resmem_core.config.layout import layout
from resmem_core.kernel import recall as kernel_recall
from resmem_core.kernel.reference import heads as reference_heads
from resmem_core.kernel.reference import margins, recall, tick

needs_c = pytest.mark.skipif(not kernel.COMPILED, reason="no C kernel here: nothing to compare")
seeds = st.integers(0, 2**32 - 1)
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def worst_gap(rng: np.random.Generator, ticks: int, sessions: int) -> float:
    """Greatest relative difference after ticking one random profile both ways."""
    profile = draws.profile(rng)
    ours = kernel.start(profile, sessions, rng.random())
    theirs = ours.copy()
    worst = 0.0
    for _ in range(ticks):
        raw = draws.signals(rng, sessions)
        push = rng.normal(0, 1, (profile.n, sessions)) if rng.random() < 0.5 else None
        dt, seconds = float(rng.choice([0.0, 0.5, 1.0, 1.0, 7.0])), float(rng.choice([0.1, 3, 60]))
        safe = bool(rng.random() < 0.05)
        ours = kernel.tick(profile, ours, raw, push, dt=dt, seconds=seconds, safe=safe)
        theirs = tick.tick(profile, theirs, raw, push, dt=dt, seconds=seconds, safe=safe)
        gap = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1.0)
        worst = max(worst, float(gap.max()))
    return worst


@needs_c
@settings(max_examples=20, deadline=None)
@given(seeds)
def test_whole_tick(seed: int) -> None:
    """10^4 random session-ticks of random profiles agree to 1e-12."""
    assert worst_gap(np.random.default_rng(seed), ticks=15, sessions=35) <= 1e-12


@needs_c
@pytest.mark.nightly
def test_whole_tick_long() -> None:
    """10^6 random session-ticks of random profiles agree to 1e-12."""
    rng = np.random.default_rng(1)

    assert max(worst_gap(rng, ticks=50, sessions=1000) for _ in range(20)) <= 1e-12


@needs_c
@settings(max_examples=50, deadline=None)
@given(seeds)
def test_one_session_is_a_batch_of_one(seed: int) -> None:
    """What a control loop runs and what a simulation runs give the same bits."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    raw, push = draws.signals(rng, 33), rng.normal(size=(profile.n, 33))
    state = kernel.tick(profile, kernel.start(profile, 33), np.abs(draws.signals(rng, 33)))

    many = kernel.tick(profile, state, raw, push, dt=0.7, seconds=3.0)

    for i in range(33):
        columns = (np.ascontiguousarray(rows[:, i]) for rows in (state, raw, push))
        assert np.array_equal(
            many[:, i], kernel.step(profile, *columns, dt=0.7, seconds=3.0), equal_nan=True
        )


@needs_c
@settings(max_examples=100, deadline=None)
@given(seeds)
def test_margins(seed: int) -> None:
    """The margins of any two states agree, whether a tick leads from one to the other or not."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    before, after = (
        kernel.tick(profile, kernel.start(profile, 1), draws.signals(rng, 1))[:, 0].copy()
        for _ in range(2)
    )
    after[: 2 * profile.n] += rng.normal(size=2 * profile.n)
    after[layout(profile.n, 17, 7).tail("mode")] = rng.integers(0, 7)
    dt, safe = float(rng.choice([0.3, 1.0, 30.0])), bool(rng.random() < 0.3)

    ours = kernel.margins(profile, before, after, dt=dt, safe=safe)

    assert np.allclose(ours, margins.margins(profile, before, after, dt=dt, safe=safe), **CLOSE)
    after[int(rng.integers(len(after)))] = rng.choice([np.nan, np.inf])
    assert kernel.margins(profile, before, after) is None
    assert margins.margins(profile, before, after, dt=1.0, safe=False) is None


@needs_c
@settings(max_examples=50, deadline=None)
@given(seeds)
def test_value_heads(seed: int) -> None:
    """Both value heads agree on the levels that ticks make."""
    rng = np.random.default_rng(seed)
    p = draws.profile(rng)
    levels = kernel.tick(p, kernel.start(p, 40), draws.signals(rng, 40))[: p.n].T
    for head in heads(p.n, rng):
        assert np.allclose(
            kernel.value(head, levels), reference_heads.value(head, levels), 1e-12, 1e-9
        )


@needs_c
@settings(max_examples=50, deadline=None)
@given(seeds, st.integers(1, 300), st.integers(1, 70))
def test_recall_functions(seed: int, count: int, dim: int) -> None:
    """Scan, fuse and top agree; top is the stable descending order."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, dim)).astype(np.float32)
    query = rng.normal(size=dim).astype(np.float32)
    scores = np.round(kernel.scan(rows, query), 1)  # many ties
    columns, k = np.stack([scores, scores[::-1]]), int(rng.integers(1, count + 1))
    weights = np.array([0.7, 0.3], np.float32)

    assert np.allclose(kernel.scan(rows, query), recall.scan(rows, query), 1e-4, 1e-4)
    assert np.array_equal(kernel.top(scores, k), np.argsort(-scores, kind="stable")[:k])
    assert np.allclose(kernel.fuse(columns, weights), recall.fuse(columns, weights), 1e-6)


@needs_c
@settings(max_examples=50, deadline=None)
@given(seeds, st.integers(1, 40), st.sampled_from([1, 7, 64, 384, 5000]))
def test_a_scan_in_eight_bits(seed: int, count: int, dim: int) -> None:
    """C and NumPy give the same bits, and both are near the scan in full."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, dim)).astype(np.float32)
    query = rng.normal(size=dim).astype(np.float32)
    steps = np.abs(rows).max(axis=1) / np.float32(127)
    codes = np.rint(rows / steps[:, None]).astype(np.int8)
    found = kernel.scan_codes(codes, steps, query)
    coarse, unit = kernel_recall._rounded(query)
    off = steps / 2 * np.abs(query).sum() + unit / 2 * np.abs(rows).sum(axis=1)

    assert np.array_equal(found, recall.scan_codes(codes, steps, coarse, unit))
    assert np.all(np.abs(found - rows.astype(np.float64) @ query) <= 1.1 * off + 1e-3)


@needs_c
@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 30), st.integers(1, 20), st.sampled_from([8, 24, 384, 1024]))
def test_late_interaction(seed: int, count: int, tokens: int, dim: int) -> None:
    """C and NumPy give the same bits, and both are near the sum of best matches in full."""
    rng = np.random.default_rng(seed)
    starts = np.cumsum([0, *rng.integers(0, 6, count)]).astype(np.int32)
    codes = rng.integers(0, 256, (starts[-1], dim // 8), np.uint8)
    query = (rng.normal(size=(tokens, dim)) * rng.choice([0.0, 1e-3, 10.0])).astype(np.float32)
    found = kernel.late(codes, starts, query)
    coarse, unit = kernel_recall._integers(query)
    signs = 2.0 * np.unpackbits(codes, axis=1) - 1
    best = [
        (signs[a:b] @ query.T).max(axis=0).sum() if b > a else 0.0
        for a, b in itertools.pairwise(starts.tolist())
    ]

    assert np.array_equal(found, recall.late(codes, starts, coarse, unit))
    assert np.allclose(found, best, rtol=1e-5, atol=tokens * dim * unit)


@needs_c
@settings(max_examples=80, deadline=None)
@given(seeds, st.integers(1, 60), st.integers(0, 5), st.sampled_from([0, 2, 4]))
def test_what_is_near_takes_a_share(seed: int, count: int, groups: int, ways: int) -> None:
    """C and NumPy give the same bits: words by bin, and by row, of which rows near take a share."""
    rng = np.random.default_rng(seed)
    line = np.arange(count, dtype=np.int32)
    steps = (line - 1, np.where(line < count - 1, line + 1, -1), np.maximum(line - 2, -1),
             np.where(line < count - 2, line + 2, -1))  # fmt: skip
    near = np.stack([*steps], axis=1)[:, :ways].astype(np.int32)
    share = rng.random((count, ways), np.float32)
    chosen = [rng.permutation(count)[: rng.integers(0, count + 1)] for _ in range(groups)]
    starts = np.cumsum([0, *map(len, chosen)])
    rows = np.concatenate([np.empty(0, np.int32), *chosen]).astype(np.int32)
    times = (rng.random(len(rows)) * rng.integers(0, 2, len(rows))).astype(np.float32)
    idf, norm = rng.random(groups, np.float32), rng.random(count, np.float32) + np.float32(1e-9)
    given = (starts, rows, times, idf, norm, near, share)

    assert np.array_equal(kernel.bm25(*given), recall.bm25(*given))
    bins = rng.integers(0, 3, count).astype(np.int32)
    counted = (starts, rows, times, bins, 3)
    assert np.array_equal(kernel.tally(*counted), recall.tally(*counted))
    if ways:
        x = rng.normal(size=count).astype(np.float32)
        assert np.array_equal(kernel.around(x, near, share), recall.around(x, near, share))


def test_a_word_counts_once_and_the_most() -> None:
    """A row's own part stands where it is more than its share of a neighbour's; groups add up."""
    near = np.array([[-1, 1], [0, 2], [1, -1]], np.int32)
    share = np.full((3, 2), 0.5, np.float32)
    times, idf = np.array([1.0, 0.25, 1.0], np.float32), np.full(2, 2.0, np.float32)
    norm = np.array([1.0, 1.75, 1.0], np.float32)  # so that the parts are 1, 0.25 and 1
    words = np.array([0, 2, 3]), np.array([0, 1, 2])
    found = kernel.bm25(*words, times, idf, norm, near, share)

    assert found.tolist() == [1.0, 0.5 + 0.5, 0.125 + 1.0]


def test_a_broken_row_is_never_the_best() -> None:
    """A stored vector with a NaN or an infinity scores below every good one."""
    rows = np.array([[np.nan, 1], [-5, -5], [np.inf, 0]], np.float32)

    assert kernel.top(kernel.scan(rows, np.array([1, 1], np.float32)), 1).tolist() == [1]

    codes, steps = np.full((3, 2), -5, np.int8), np.array([np.nan, 1, np.inf], np.float32)
    found = kernel.scan_codes(codes, steps, np.array([1, 1], np.float32))
    assert kernel.top(found, 1).tolist() == [1]


@needs_c
def test_many_dt_do_not_disturb_each_other() -> None:
    """The rates of a dt are the same, however many others were asked for in between."""
    profile = draws.profile(np.random.default_rng(3))
    state, raw = kernel.start(profile, 1)[:, 0].copy(), np.full(17, 0.5)
    first = kernel.step(profile, state, raw)
    for dt in np.linspace(0.1, 5.0, 40).tolist():
        kernel.step(profile, state, raw, dt=dt)

    assert np.array_equal(kernel.step(profile, state, raw), first)
