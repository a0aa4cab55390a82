"""S1 to S6 of docs/stability.md, over random profiles and adversarial inputs."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import draws
from resmem_core import kernel
from resmem_core.config.layout import layout
from resmem_core.config.profile import LAYERS, Array, Profile
from resmem_core.control import stability
from resmem_core.kernel.reference import equations

seeds = st.integers(0, 2**32 - 1)
dwells = st.integers(1, 12)
SLACK = 1e-9
SAFE = 6


def adversary(rng: np.random.Generator, profile: Profile, tick: int, sessions: int) -> Array:
    """Signals that try to break a bound: all up, all down, in turn, resonant, random, none."""
    raw = draws.signals(rng, sessions)
    high, low = profile.reference + 9 * profile.scale, profile.reference - 9 * profile.scale
    kind = np.arange(sessions) % 6
    raw[:, kind == 0], raw[:, kind == 1] = high[:, None], low[:, None]
    raw[:, kind == 2] = (high if tick % 2 else low)[:, None]
    raw[:, kind == 3] = (high if tick // 11 % 2 else low)[:, None]
    raw[:, kind == 4] = np.nan
    return raw.clip(-1e9, 1e9)


def run(rng: np.random.Generator, profile: Profile, ticks: int, sessions: int = 12) -> Array:
    """States [ticks + 1, size, sessions] under the adversary, dt = 1, safe mode off."""
    states = [kernel.start(profile, sessions, rng.random())]
    for tick in range(ticks):
        push = rng.normal(0, 2, (profile.n, sessions)) if tick % 3 == 0 else None
        raw = adversary(rng, profile, tick, sessions)
        states.append(kernel.tick(profile, states[-1], raw, push))
    return np.stack(states)


def at(profile: Profile) -> tuple[slice, slice, slice]:
    """Rows of levels, baselines and knobs."""
    rows = layout(profile.n, 17, 7)
    return rows.level, rows.baseline, rows.knob


def undriven(half_life: float, rest: float) -> Profile:
    """Two hormones that nothing moves but equation (1), with this half-life and rest."""
    p = Profile.minimal().without(*LAYERS)
    zero = {name: np.zeros_like(getattr(p, name)) for name in ("bias", "lateral", "up", "down")}
    return replace(
        p, half_life=np.full(2, half_life), rest=np.full(2, rest), cap=np.ones(2), **zero
    )


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_s1_input_to_state(seed: int) -> None:
    """|h - b| <= aᵗ |h₀ - b| + (ū + ν) (1 - aᵗ) / (1 - a)."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    level, baseline, _ = at(profile)

    states = run(rng, profile, 60)

    keep = np.exp2(-1 / profile.half_life)
    drift = profile.resilience.adapt
    gap = np.abs(states[:, level] - states[:, baseline])
    for t in range(len(states)):
        faded = keep**t
        bound = (profile.i_max + drift) * (1 - faded) / (1 - keep)
        assert np.all(gap[t] <= bound[:, None] + SLACK)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_s1_leaky_bucket(seed: int) -> None:
    """From rest, h - b <= σ + (ρ + ν) / (1 - a), however long the attack."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    profile = replace(profile, rho=0.05 * profile.rho, sigma=0.2 * profile.sigma)
    level, baseline, _ = at(profile)

    states = run(rng, profile, 120)

    drift = profile.resilience.adapt / (1 - np.exp2(-1 / profile.half_life))
    bound = profile.sigma + profile.rho / (1 - np.exp2(-1 / profile.half_life)) + drift
    assert np.all(states[:, level] - states[:, baseline] <= bound[:, None] + SLACK)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_s2_cap(seed: int) -> None:
    """0 <= h <= θ after every tick."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    level, *_ = at(profile)

    levels = run(rng, profile, 60)[1:, level]

    assert np.all((levels >= 0) & (levels <= profile.cap[:, None]))


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_s3_knobs(seed: int) -> None:
    """Knobs stay in [0, 1], each step within its rate, total variation at most T ρ."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    *_, knob = at(profile)

    knobs = run(rng, profile, 60)[:, knob]

    moved = np.diff(knobs, axis=0)
    safe = moved * profile.cautious[:, None] > 0
    rate = np.where(safe, profile.rate_safe[:, None], profile.rate_free[:, None])
    most = np.maximum(profile.rate_safe, profile.rate_free)
    assert np.all((knobs >= 0) & (knobs <= 1))
    assert np.all(np.abs(moved) <= rate + SLACK)
    assert np.all(np.abs(moved).sum(axis=0) <= 60 * most[:, None] + SLACK)


@settings(max_examples=200, deadline=None)
@given(
    knob=st.floats(0, 1),
    target=st.floats(0, 1),
    rate=st.floats(0.01, 1),
    sign=st.sampled_from([-1, 1]),
)
def test_s3_settles(knob: float, target: float, rate: float, sign: int) -> None:
    """A constant target is reached in ⌈|k - k*| / ρ⌉ ticks, and then kept."""
    one = np.ones(1)
    k, hold = knob * one, 1e9 * one

    for _ in range(math.ceil(abs(target - knob) / rate - SLACK)):
        k, hold = equations.limited(
            target * one, k, hold, sign * one, rate * one, rate * one, 0 * one
        )

    assert abs(k[0] - target) <= SLACK


@settings(max_examples=60, deadline=None)
@given(seeds, dwells)
def test_s4_dwell(seed: int, dwell: int) -> None:
    """At most 1 + ⌊T / d⌋ switches of mode."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    profile = replace(profile, resilience=replace(profile.resilience, mode_dwell=dwell))

    modes = run(rng, profile, 80)[:, layout(profile.n, 17, 7).tail("mode")]

    switches = (np.diff(modes, axis=0) != 0).sum(axis=0)
    assert np.all(switches <= 1 + 80 // dwell)


@settings(max_examples=200, deadline=None)
@given(
    level=st.floats(0, 1), baseline=st.floats(0, 0.4), above=st.floats(0.01, 0.5),
    half_life=st.floats(0.5, 200),
)  # fmt: skip
def test_s4_resume(level: float, baseline: float, above: float, half_life: float) -> None:
    """Without impulses a level is back at the resume threshold within the stated ticks."""
    resume = baseline + above
    rate = math.log(2) / half_life
    ticks = math.ceil(math.log(max((level - baseline) / above, 1.0)) / rate - SLACK)
    profile = undriven(half_life, baseline)
    state = kernel.start(profile, 1)[:, 0].copy()
    state[0] = level

    for _ in range(ticks):
        state = kernel.step(profile, state, np.full(17, np.nan))

    assert state[0] <= resume + SLACK


@settings(max_examples=100, deadline=None)
@given(
    half_life=st.floats(0.5, 5), gain=st.floats(0, 0.4), slope=st.floats(0, 1),
    starts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)  # fmt: skip
def test_s5_contraction(
    half_life: float, gain: float, slope: float, starts: tuple[float, float]
) -> None:
    """With a + g L_e L_k < 1 two trajectories of the closed loop meet."""
    keep = float(np.exp2(-1 / half_life))
    factor = keep + gain * slope
    if factor >= 0.98:
        return
    h, none, full = np.array(starts), np.zeros(2), np.ones(2)

    for _ in range(400):
        error = slope * (1 - h)  # what the environment answers to a knob that follows the level
        h, *_ = equations.absorb(keep * h, none, full, gain * error, none, full, full)

    assert abs(h[0] - h[1]) <= max(factor**400, 1e-12)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_s6_no_nan(seed: int) -> None:
    """Whatever comes in, no state ever holds a NaN or an infinity."""
    rng = np.random.default_rng(seed)

    assert np.isfinite(run(rng, draws.profile(rng), 60)).all()


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_certificate_holds_on_every_tick(seed: int) -> None:
    """The run-time certificate finds no violation, whatever dt and safe mode do."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    state = kernel.start(profile, 1)
    for tick in range(40):
        dt, safe = float(rng.choice([0.3, 1.0, 30.0])), bool(tick % 9 == 8)
        raw = adversary(rng, profile, tick, 6)[:, tick % 6 : tick % 6 + 1]
        after = kernel.tick(profile, state, raw, dt=dt, safe=safe)

        margins = kernel.margins(profile, state[:, 0], after[:, 0], dt=dt, safe=safe)
        certificate = stability.certificate(margins)

        assert certificate.holds, certificate
        state = after


@pytest.mark.parametrize(
    ("row", "value", "name"),
    [
        ("level", 0.99, "S2 cap"), ("knob", -0.5, "S3 range"), ("baseline", 0.9, "S1 drift"),
        ("mode", 1.0, "S4 dwell"), ("level", np.nan, "S6 finite"),
        ("knob", 1.0, "S3 rate"), ("level", 0.9, "S1 bucket"),
    ],
)  # fmt: skip
def test_certificate_names_what_was_violated(row: str, value: float, name: str) -> None:
    """A state that no tick can make is reported by the name of the bound."""
    profile = replace(Profile.default(), sigma=np.full(12, 0.1), rho=np.full(12, 0.1))
    before = kernel.start(profile, 1)[:, 0]
    after = before.copy()
    rows = layout(12, 17, 7)
    before[rows.tail("age")] = 0.0
    after[rows.tail(row) if row == "mode" else getattr(rows, row)] = value

    found = stability.certificate(kernel.margins(profile, before, after))

    assert name in found.violations
    assert not found.holds


@pytest.mark.nightly
def test_ten_million_ticks() -> None:
    """S1, S2, S3 and S6 hold in 10^7 session-ticks of 100 random profiles."""
    rng = np.random.default_rng(7)
    for _ in range(100):
        profile = draws.profile(rng)
        level, baseline, knob = at(profile)
        keep = np.exp2(-1 / profile.half_life)
        bound = ((profile.i_max + profile.resilience.adapt) / (1 - keep))[:, None] + SLACK
        fastest = np.maximum(profile.rate_safe, profile.rate_free)[:, None] + SLACK
        state = kernel.start(profile, 1000, rng.random())
        for tick in range(100):
            after = kernel.tick(profile, state, adversary(rng, profile, tick, 1000))
            assert np.isfinite(after).all()
            assert np.all((after[level] >= 0) & (after[level] <= profile.cap[:, None]))
            assert np.all(np.abs(after[level] - after[baseline]) <= bound)
            assert np.all((after[knob] >= 0) & (after[knob] <= 1))
            assert np.all(np.abs(after[knob] - state[knob]) <= fastest)
            state = after
