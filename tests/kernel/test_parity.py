"""The C kernel and the NumPy reference are one arithmetic, whatever the profile and the input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import draws
from benchmarks.kernel import heads
from resmem_core import kernel
from resmem_core.kernel import recall as kernel_recall
from resmem_core.kernel.reference import equations, recall, tick
from resmem_core.kernel.reference import heads as reference_heads

needs_c = pytest.mark.skipif(not kernel.COMPILED, reason="no C kernel here: nothing to compare")
seeds = st.integers(0, 2**32 - 1)
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def steps(rng: np.random.Generator, ticks: int, sessions: int) -> float:
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
    assert steps(np.random.default_rng(seed), ticks=15, sessions=35) <= 1e-12


@needs_c
@pytest.mark.nightly
def test_whole_tick_long() -> None:
    """10^6 random session-ticks of random profiles agree to 1e-12."""
    rng = np.random.default_rng(1)

    assert max(steps(rng, ticks=50, sessions=1000) for _ in range(20)) <= 1e-12


@needs_c
@settings(max_examples=50, deadline=None)
@given(seeds)
def test_one_session_is_a_batch_of_one(seed: int) -> None:
    """The single and the batched entry give the same bits; so do the last, partial tiles."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    sessions = int(rng.choice([33, 129, 261]))
    raw = draws.signals(rng, sessions)
    state = kernel.start(profile, sessions)
    state = kernel.tick(profile, state, np.abs(draws.signals(rng, sessions)))

    many = kernel.tick(profile, state, raw)

    columns = [slice(i, i + 1) for i in range(sessions)]
    one = [kernel.tick(profile, state[:, at], raw[:, at])[:, 0] for at in columns]
    assert np.array_equal(many, np.stack(one, axis=1))


@needs_c
@pytest.mark.parametrize("sessions", [100, 4095, 4096, 6001])
def test_threads_change_nothing(sessions: int) -> None:
    """However many threads share a fleet, the states and values are the same to the last bit."""
    rng = np.random.default_rng(sessions)
    profile = draws.profile(rng)
    head = heads(profile.n, rng)[0]
    fleets = [kernel.Fleet(profile, sessions, head=head, threads=n) for n in (1, 2, 3, None)]
    for _ in range(3):
        raw = draws.signals(rng, sessions)
        for fleet in fleets:
            fleet.signals[:] = raw
            fleet.tick()

    one, *others = fleets
    assert all(np.array_equal(one.state, other.state) for other in others)
    assert all(np.array_equal(one.values, other.values) for other in others)


@needs_c
@settings(max_examples=100, deadline=None)
@given(seeds, st.floats(0, 1e6))
def test_decay(seed: int, dt: float) -> None:
    """Equation (1) agrees, and stays between level and baseline."""
    rng = np.random.default_rng(seed)
    level, baseline, half_life = rng.random(9), rng.random(9), np.exp2(rng.uniform(-5, 15, 9))

    out = kernel.decay(level, baseline, half_life, dt)

    assert np.allclose(out, equations.decay(level, baseline, half_life, dt), **CLOSE)
    assert np.all(out >= np.minimum(level, baseline) - 1e-15)
    assert np.all(out <= np.maximum(level, baseline) + 1e-15)


@needs_c
@settings(max_examples=100, deadline=None)
@given(seeds, st.floats(0, 1000))
def test_intake(seed: int, dt: float) -> None:
    """Equations (2) and (3) agree, and levels stay in [0, 1]."""
    rng = np.random.default_rng(seed)
    level, bucket, beta, sigma, rho = (rng.random(9) for _ in range(5))
    smoothed, impulse = rng.uniform(-1, 1, 9), rng.uniform(-1, 1, 9)
    given_ = (level, smoothed, bucket, impulse, beta, sigma, rho)

    out = kernel.intake(*given_, dt)

    assert all(
        np.allclose(a, b, **CLOSE) for a, b in zip(out, equations.intake(*given_, dt), strict=True)
    )
    assert np.all((out[0] >= 0) & (out[0] <= 1))


@needs_c
@settings(max_examples=100, deadline=None)
@given(seeds)
def test_compose_and_limit(seed: int) -> None:
    """Equations (4) and (5) agree; knobs stay in [0, 1]."""
    rng = np.random.default_rng(seed)
    p = draws.profile(rng)
    level, baseline = rng.random(p.n), rng.random(p.n)
    constants = (p.base, p.delta, p.w0, p.g, p.dead, p.p, p.q)

    target = kernel.compose(level, baseline, *constants)
    rates = (p.cautious, p.rate_safe, p.rate_free, p.dwell)
    knob, hold = rng.random(len(target)), rng.integers(0, 5, len(target)).astype(float)
    moved = kernel.limit(target, knob, hold, *rates)

    assert np.allclose(target, equations.compose(level, baseline, *constants), **CLOSE)
    assert np.allclose(moved, equations.limit(target, knob, hold, *rates), **CLOSE)
    assert np.all((moved[0] >= 0) & (moved[0] <= 1))


@needs_c
@settings(max_examples=50, deadline=None)
@given(seeds)
def test_value_heads(seed: int) -> None:
    """Both value heads agree, alone and within a tick."""
    rng = np.random.default_rng(seed)
    p = draws.profile(rng)
    for head in heads(p.n, rng):
        fleet = kernel.Fleet(p, 40, head=head)
        fleet.signals[:] = draws.signals(rng, 40)
        fleet.tick()
        levels = fleet.state[: p.n].T

        assert np.allclose(
            kernel.value(head, levels), reference_heads.value(head, levels), 1e-12, 1e-9
        )
        assert np.allclose(fleet.values, reference_heads.value(head, levels), 1e-12, 1e-9)


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


def test_a_broken_row_is_never_the_best() -> None:
    """A stored vector with a NaN or an infinity scores below every good one."""
    rows = np.array([[np.nan, 1], [-5, -5], [np.inf, 0]], np.float32)

    assert kernel.top(kernel.scan(rows, np.array([1, 1], np.float32)), 1).tolist() == [1]

    codes, steps = np.full((3, 2), -5, np.int8), np.array([np.nan, 1, np.inf], np.float32)
    found = kernel.scan_codes(codes, steps, np.array([1, 1], np.float32))
    assert kernel.top(found, 1).tolist() == [1]


@needs_c
def test_rates_of_many_dt_stay_alive() -> None:
    """A fleet keeps its own rates while others of the same profile tick with many other dt."""
    profile = draws.profile(np.random.default_rng(3))
    mine, alone = kernel.Fleet(profile, 1), kernel.Fleet(profile, 1)
    alone.signals[:] = mine.signals[:] = 0.5
    alone.tick()
    for dt in np.linspace(0.1, 5.0, 40).tolist():
        kernel.tick(profile, kernel.start(profile, 1), np.zeros((17, 1)), dt=dt)
    mine.tick()

    assert np.array_equal(mine.state, alone.state)
