"""A hormone that learns what a plant is like: how long its answers may be.

No signal shows a deadline. Where answers fail although none is cut, and take long, they are too
long for it; that shows in averages over a hundred ticks, not in a tick. Estrogen, whose job is the
change of regime, starts refinement as that average, and gradients go on from there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from resmem_core.config.profile import Array, Profile
from resmem_core.config.signals import INDEX
from resmem_core.types import KNOBS

HORMONE: Final = "estrogen"
HALF_LIFE: Final = 100.0
SMOOTHING: Final = 0.9
PUSHES: Final = {"success": -0.09, "truncation": -0.18, "latency": 0.0015}
"""Per unit of the raw signal; latency is in seconds."""
CONSTANT: Final = 0.0675
"""The push is this plus the above: .15 · (.6 · failure - 1.2 · cut + .01 · seconds - .15)."""
SHORTER: Final = -0.5
WEIGHT: Final = 20.0
"""How far, and with which dominance, the hormone takes the token limit down."""
LATENCY_BASELINE: Final = 3000.0
"""Half-life of latency's baseline in ticks, so that a slow plant stays visible."""


def slow_start(profile: Profile) -> Profile:
    """The profile with its hormone of regimes made into the slow reading of answers' length."""
    mine = np.array([name == HORMONE for name in profile.hormones])
    column = mine.astype(float)
    push = _pushes(profile)
    tokens = np.array([knob == "max_tokens" for knob in KNOBS], dtype=float)
    latency = INDEX["latency"]
    adapt = profile.adapt.copy()
    adapt[latency] = LATENCY_BASELINE
    free = profile.lateral * ~mine
    return replace(
        profile,
        half_life=np.where(mine, HALF_LIFE, profile.half_life),
        rest=np.where(mine, 0.0, profile.rest),
        beta=np.where(mine, SMOOTHING, profile.beta),
        bias=np.where(mine, _balance(profile), profile.bias),
        up=np.where(mine[:, None], push, profile.up),
        down=np.where(mine[:, None], -push, profile.down),
        lateral=free * ~mine[:, None],
        delta=np.where(mine, SHORTER * np.outer(tokens, column), profile.delta),
        g=np.where(mine, WEIGHT * np.outer(tokens, column), profile.g),
        dead=np.where(mine, 0.1, profile.dead),
        adapt=adapt,
    )


def _pushes(profile: Profile) -> Array:
    """Pushes per unit of the normalised signals [S]."""
    push = np.zeros_like(profile.scale)
    for name, raw in PUSHES.items():
        push[INDEX[name]] = raw * profile.scale[INDEX[name]]
    return push


def _balance(profile: Profile) -> float:
    """The push while every signal is at its reference."""
    return CONSTANT + sum(raw * float(profile.reference[INDEX[n]]) for n, raw in PUSHES.items())
