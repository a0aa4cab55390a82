"""The control tick's equations (0) to (5) in torch, so that gradients flow through time.

The kernel plays the episodes; the twin replays windows of them from the kernel's states on the
signals that were seen, so that the whole window is a few large tensor operations. The resilience
layers are left out: they are reflexes with thresholds, measured with the trained profile and not
learnt. A test holds this twin equal to the kernel on profiles without layers.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.chaos import plant
from benchmarks.chaos.signals import SIGNALS
from resmem_core.config import signs
from resmem_core.config.layout import layout
from resmem_core.config.profile import Profile
from resmem_core.config.signals import INDEX
from resmem_core.types import KNOBS

F64 = NDArray[np.float64]

ROWS: Final = [KNOBS.index(name) for name in plant.KNOBS]
"""Rows of `types.KNOBS` in the plant's order; diversity is not among them."""

SEEN: Final = [INDEX[name] for name in SIGNALS]
WIDE: Final = 20.0
"""Bound of a push per unit of signal; a profile allows 50."""

DEAD: Final = 0.09
"""Least dead zone of a hormone's activation."""

MARGIN: Final = 0.95
"""Bound of the lateral matrix's norm; the profile asks for less than 1."""


BEST: Final = np.array(
    [{"provider_error": 0.0, "tool_error": 0.0, "injection": 0.0, "truncation": 0.0,
      "invalid_output": 0.0, "success": 1.0}.get(name, np.nan) for name in SIGNALS]
)  # fmt: skip
"""The signals of a turn in which all is well; NaN: as usual."""
SPREAD: Final = np.array([0.375 * (name in ("novelty", "similarity")) for name in SIGNALS])
"""How far readings stray from usual in calm: one and a half deviations (control.baseline)."""


MOST_ASKED: Final = 0.6
"""Evidence that a hormone asks for at most: what is clear must be felt at once."""
LEAST: Final = {
    ("epinephrine", "provider_error"): 1.1, ("epinephrine", "tool_error"): 0.8,
    ("norepinephrine", "injection"): 0.9, ("cortisol", "provider_error"): 0.4,
    ("cortisol", "tool_error"): 0.15, ("oxytocin", "provider_error"): -0.15,
    ("oxytocin", "tool_error"): -0.2, ("oxytocin", "injection"): -0.15,
    ("insulin", "truncation"): 0.9, ("serotonin", "provider_error"): -0.15,
    ("melatonin", "budget"): 0.15, ("thyroid", "budget"): 0.15,
}  # fmt: skip
"""Pushes that keep a hormone true to its name, however little a plant asks for them."""


def least_pushes(hormones: tuple[str, ...]) -> F64:
    """`LEAST` as a matrix [n, 10]."""
    rows = [[LEAST.get((hormone, signal), 0.0) for signal in SIGNALS] for hormone in hormones]
    return np.array(rows)


class State(NamedTuple):
    """Where b sessions stand before a window; [b, n], [b, 10] or [b, 6]."""

    level: Tensor
    smoothed: Tensor
    bucket: Tensor
    reference: Tensor
    knob: Tensor
    hold: Tensor


class Weights(NamedTuple):
    """The profile's constants, each a function of the trained parameters."""

    half_life: Tensor
    beta: Tensor
    rest: Tensor
    up: Tensor
    down: Tensor
    bias: Tensor
    lateral: Tensor
    base: Tensor
    delta: Tensor
    g: Tensor
    w0: Tensor
    dead: Tensor
    reference: Tensor
    scale: Tensor


class Twin(nn.Module):
    """Trainable parameters, started from a profile; `weights` maps them into their ranges."""

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self.profile = profile
        self.half_life = _parameter(np.log(profile.half_life))
        self.beta = _parameter(_logit(profile.beta / 0.95))
        self.up = _parameter(profile.up[:, SEEN])
        self.down = _parameter(profile.down[:, SEEN])
        self.bias = _parameter(profile.bias)
        self.lateral = _parameter(profile.lateral)
        self.base = _parameter(_logit(np.clip(profile.base[ROWS], 0.03, 0.97)))
        self.open = torch.tensor([name == "tool_access" for name in plant.KNOBS])
        self.delta = _parameter(np.arctanh(np.clip(profile.delta[ROWS], -0.95, 0.95)))
        self.g = _parameter(np.log(np.expm1(np.clip(profile.g[ROWS], 0.3, 50.0))))
        self.w0 = _parameter(np.log(profile.w0))
        self.dead = _parameter(_logit((np.clip(profile.dead, 0.1, 0.5) - DEAD) / 0.5))
        self.fixed = torch.tensor([name in ("novelty", "similarity") for name in SIGNALS])
        self.scale = _parameter(np.log(profile.scale[SEEN]))

    def weights(self) -> Weights:
        """Constants within the profile's ranges; the lateral matrix is kept contractive."""
        half_life = torch.exp(self.half_life.clamp(-0.5, 6.0))
        keep = torch.exp2(-1.0 / half_life)
        norm = torch.linalg.matrix_norm(keep[:, None] * self.lateral, 2)
        return Weights(
            half_life=half_life,
            beta=0.95 * torch.sigmoid(self.beta),
            rest=_constant(self.profile.rest),
            up=self.up.clamp(-WIDE, WIDE),
            down=self.down.clamp(-WIDE, WIDE),
            bias=self.bias.clamp(-WIDE, WIDE),
            lateral=self.lateral * torch.clamp(MARGIN / norm, max=1.0),
            base=torch.where(self.open, 1.0, torch.sigmoid(self.base)),
            delta=torch.tanh(self.delta),
            g=nn.functional.softplus(self.g),
            w0=torch.exp(self.w0.clamp(-7.0, 1.0)),
            dead=DEAD + 0.5 * torch.sigmoid(self.dead),
            reference=_constant(self.profile.reference[SEEN]),
            scale=torch.where(
                self.fixed, _constant(self.profile.scale[SEEN]), torch.exp(self.scale.clamp(-7, 7))
            ),
        )

    def project(self) -> None:
        """Bring the parameters back onto the table of signs, and calm back to base."""
        names = self.profile.hormones
        with torch.no_grad():
            for name in ("up", "down", "lateral", "delta"):
                parameter, sign = getattr(self, name), getattr(signs.signs(names), name)
                sign = _constant(_seen(name, sign))
                parameter.copy_(sign * (sign * parameter).clamp(min=0))
            least = _constant(least_pushes(names))
            self.up.copy_(torch.where(least > 0, torch.maximum(self.up, least), self.up))
            self.up.copy_(torch.where(least < 0, torch.minimum(self.up, least), self.up))
            self.bias.copy_(torch.minimum(self.bias.clamp(min=-MOST_ASKED), self._quiet()))

    def _quiet(self) -> Tensor:
        """The bias [n] above which a hormone that moves a knob would leave its rest in calm."""
        w = self.weights()
        best, spread = _constant(BEST), _constant(SPREAD)
        v = torch.where(torch.isnan(best), 0.0, (best - w.reference) / w.scale).clamp(-1, 1)
        push = v.clamp(min=0) @ w.up.T + (-v).clamp(min=0) @ w.down.T
        push = push + torch.maximum(w.up, w.down).clamp(min=0) @ spread
        rests = _constant(self.profile.rest) > 0
        return torch.where(rests, math.inf, -push - 0.02)

    def replay(self, start: State, seen: Tensor) -> Tensor:
        """Knobs [ticks, b, 6] under the signals `seen` [ticks, b, 10], NaN where missing."""
        w = self.weights()
        level = self._levels(w, start, _normalised(w, self.profile, start.reference, seen))
        return self._limited(_target(w, level), start)

    def _levels(self, w: Weights, start: State, v: Tensor) -> Tensor:
        """Equations (1) to (3) on normalised signals: levels [ticks, b, n]."""
        p = self.profile
        drive = w.bias + v.clamp(min=0) @ w.up.T + (-v).clamp(min=0) @ w.down.T
        keep, lateral = torch.exp2(-1.0 / w.half_life), w.lateral.T
        bound, sigma, rho, cap = map(_constant, (p.i_max, p.sigma, p.rho, p.cap))
        level, smoothed, bucket = start.level, start.smoothed, start.bucket
        levels = []
        for push in drive:
            excess = keep * (level - w.rest)
            x = w.rest + excess
            z = torch.addmm(push, excess, lateral)
            smoothed = torch.lerp(z * torch.rsqrt(1 + (z / bound) ** 2), smoothed, w.beta)
            bucket = torch.minimum(sigma, bucket + rho)
            taken = torch.minimum(smoothed, bucket)
            bucket = bucket - taken.clamp(min=0)
            level = torch.addcmul(x, taken, torch.where(taken >= 0, 1 - x, x))
            level = torch.minimum(level, cap)
            levels.append(level)
        return torch.stack(levels)

    def _limited(self, target: Tensor, start: State) -> Tensor:
        """Equation (5); every knob's safe side is down."""
        p = self.profile
        safe, free, dwell = (_constant(x[ROWS]) for x in (p.rate_safe, p.rate_free, p.dwell))
        knob, hold = start.knob, start.hold
        knobs = []
        for wanted in target:
            rise = torch.where(hold + 1 >= dwell, free, torch.zeros_like(free))
            moved = (knob + torch.clamp(wanted - knob, -safe, rise)).clamp(0, 1)
            hold = torch.where(moved.detach() < knob.detach(), torch.zeros_like(hold), hold + 1)
            knob = moved
            knobs.append(knob)
        return torch.stack(knobs)


def _normalised(w: Weights, p: Profile, reference: Tensor, seen: Tensor) -> Tensor:
    """Equation (0); the baseline's drift counts as given."""
    drift = []
    rate = _constant(1 - np.exp2(-1 / p.adapt[SEEN]))
    with torch.no_grad():
        for now in seen:
            drift.append(reference)
            gap = torch.where(torch.isnan(now), 0.0, now - reference)
            reference = reference + rate * torch.clamp(gap, -w.scale, w.scale)
    at = torch.stack(drift)
    gap = torch.where(torch.isnan(seen), 0.0, torch.nan_to_num(seen) - at)
    return (gap / w.scale).clamp(-1, 1)


def _target(w: Weights, level: Tensor) -> Tensor:
    """Equation (4), for p = 1 and q = 2."""
    gap = level - w.rest
    y = gap / torch.where(gap >= 0, 1 - w.rest, w.rest)
    y = torch.sign(y) * (y.abs() - w.dead).clamp(min=0) / (1 - w.dead)
    square = y * y
    total = w.w0.sum() + square @ w.g.T
    moved = y @ (w.w0 * w.delta).T + (square * y) @ (w.g * w.delta).T
    return (w.base + moved / total).clamp(0, 1)


def states(profile: Profile, columns: F64) -> State:
    """The twin's part of kernel states [size, b]."""
    at = layout(profile.n, len(INDEX), len(KNOBS))
    parts = (
        columns[at.level], columns[at.smoothed], columns[at.bucket],
        columns[at.reference][SEEN],
        columns[at.knob][ROWS], columns[at.hold][ROWS],
    )  # fmt: skip
    return State(*(_constant(part.T) for part in parts))


def to_profile(twin: Twin, name: str) -> Profile:
    """The profile that the parameters stand for; what is not trained stays as it was."""
    old = twin.profile
    with torch.no_grad():
        tensors = twin.weights()._asdict()
    w = {key: np.asarray(value.detach().double()) for key, value in tensors.items()}
    return replace(
        old,
        name=name,
        half_life=w["half_life"],
        beta=w["beta"],
        rest=w["rest"],
        bias=w["bias"],
        lateral=_signed("lateral", w["lateral"], old),
        w0=w["w0"],
        dead=w["dead"],
        up=_signed("up", _put(old.up, SEEN, w["up"], 1), old),
        down=_signed("down", _put(old.down, SEEN, w["down"], 1), old),
        scale=_put(old.scale, SEEN, w["scale"]),
        base=_put(old.base, ROWS, w["base"]),
        delta=_signed("delta", _put(old.delta, ROWS, w["delta"]), old),
        g=_put(old.g, ROWS, w["g"]),
    )


def _signed(field: str, matrix: F64, profile: Profile) -> F64:
    return signs.projected(field, matrix, profile.hormones)


def _seen(field: str, matrix: F64) -> F64:
    """The part of a profile's matrix that the twin has."""
    if field in ("up", "down"):
        return matrix[:, SEEN]
    return matrix[ROWS] if field == "delta" else matrix


def _put(old: F64, where: list[int], new: F64, axis: int = 0) -> F64:
    """A copy of `old` with some rows, or columns, replaced."""
    out = np.array(old)
    np.moveaxis(out, axis, 0)[where] = np.moveaxis(new, axis, 0)
    return out


def _parameter(value: F64) -> nn.Parameter:
    return nn.Parameter(_constant(value))


def _constant(value: F64) -> Tensor:
    return torch.tensor(np.array(value), dtype=torch.float32)


def _logit(p: F64) -> F64:
    p = np.clip(p, 1e-3, 1 - 1e-3)
    return np.asarray(np.log(p / (1 - p)))
