"""Random profiles and signals, to test and time the controller beyond the shipped profile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resmem_core.config import signs
from resmem_core.config.profile import LAYERS, Array, Profile, Resilience
from resmem_core.config.signals import SIGNALS
from resmem_core.types import HORMONES, KNOBS, NEUROCHEMICALS


def profile(rng: np.random.Generator, n: int | None = None) -> Profile:
    """A profile with every constant drawn anew, most of them far from any sensible value."""
    n = int(rng.integers(1, len(HORMONES) + 1)) if n is None else n
    s, m = len(SIGNALS), len(KNOBS)
    cap = rng.uniform(0.3, 1.0, n)
    half_life = np.exp2(rng.uniform(-3, 10, n))
    names = HORMONES[:n]
    lateral = _signed("lateral", rng.normal(0, 1, (n, n)) * (rng.random((n, n)) < 0.5), names)
    norm = float(np.linalg.norm(np.exp2(-1 / half_life)[:, None] * lateral, 2))
    return Profile(
        name="drawn",
        hormones=names,
        half_life=half_life,
        rest=rng.uniform(0, 0.9, n) * cap * (rng.random(n) < 0.7),
        reference=rng.normal(0, 1, s),
        scale=np.exp2(rng.uniform(-4, 4, s)),
        adapt=np.exp2(rng.uniform(0, 12, s)),
        up=_signed("up", rng.normal(0, 2, (n, s)), names),
        down=_signed("down", rng.normal(0, 2, (n, s)), names),
        bias=rng.normal(0, 1, n),
        lateral=lateral * min(1.0, 0.99 / norm) if norm else lateral,
        text=_signed("text", rng.normal(0, 1, (n, len(NEUROCHEMICALS))), names),
        i_max=rng.uniform(0.05, 1.0, n),
        beta=rng.uniform(0, 0.99, n) * (rng.random(n) < 0.8),
        sigma=rng.uniform(0, 3, n),
        rho=rng.uniform(0, 1, n),
        cap=cap,
        stress=rng.random(n),
        curiosity=rng.random(n),
        fatigue=rng.random(n),
        base=rng.random(m),
        delta=_signed("delta", rng.uniform(-1, 1, (m, n)), names),
        dead=rng.uniform(0, 0.5, n),
        p=rng.integers(1, 5, n).astype(float),
        w0=np.exp2(rng.uniform(-10, 2, n)),
        g=np.exp2(rng.uniform(-4, 5, (m, n))),
        cautious=rng.choice([-1.0, 1.0], m),
        rate_safe=rng.random(m),
        rate_free=rng.random(m),
        dwell=rng.integers(0, 5, m).astype(float),
        q=int(rng.integers(1, 5)),
        resilience=resilience(rng),
        layers=tuple(layer for layer in LAYERS if rng.random() < 0.85),
    )


def _signed(field: str, drawn: Array, hormones: tuple[str, ...]) -> Array:
    """As drawn, on the table of signs: half of the entries that it has are 0."""
    return signs.projected(field, drawn, hormones)


def resilience(rng: np.random.Generator) -> Resilience:
    """Settings of the layers, drawn anew."""
    resume, stressed, crisis = np.sort(rng.uniform(0.05, 0.95, 3)).tolist()
    wake, sleep = np.sort(rng.random(2)).tolist()
    return replace(
        Resilience(),
        grades=tuple(np.sort(rng.random(4)).tolist()),
        relief=tuple((0.3 * rng.random(5)).tolist()),
        hysteresis=0.2 * rng.random(),
        constant=0.1 * rng.random(),
        crisis_relief=0.3 * rng.random(),
        adapt=0.05 * rng.random(),
        quantile=rng.random(),
        span=0.3 * rng.random(),
        perspective=rng.random(),
        forget=0.1 * rng.random(),
        resume=resume,
        stressed=stressed + 1e-6,
        crisis=crisis + 2e-6,
        mode_dwell=int(rng.integers(1, 12)),
        confirm=int(rng.integers(1, 4)),
        patience=int(rng.integers(1, 30)),
        ramp=int(rng.integers(1, 5)),
        failures=int(rng.integers(1, 6)),
        window=int(rng.integers(6, 30)),
        jitter=rng.random(),
        sleep=sleep + 1e-6,
        wake=wake * 0.999,
    )


def signals(rng: np.random.Generator, sessions: int) -> Array:
    """Raw signals [S, sessions]: calm, loud or absurd ones, a third of them missing."""
    size = 10.0 ** rng.choice([-1, 0, 0, 2, 8])
    raw = size * rng.normal(0.3, 0.7, (len(SIGNALS), sessions))
    raw[rng.random(raw.shape) < 0.33] = np.nan
    return np.asarray(raw)
