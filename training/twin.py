"""The control tick's equations (0) to (5) in torch, so that gradients flow through time.

The kernel plays the episodes; the twin replays windows of them from the kernel's states on the
signals that were seen, so that the whole window is a few large tensor operations. The resilience
layers are left out: they are reflexes with thresholds, measured with the trained profile and not
learnt. A test holds this twin equal to the kernel on profiles without layers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.chaos import plant
from benchmarks.chaos.signals import LATENCY_SECONDS, SIGNALS
from resmem_core.config.layout import layout
from resmem_core.config.profile import Profile
from resmem_core.config.signals import INDEX
from resmem_core.types import KNOBS

F64 = NDArray[np.float64]

ROWS: Final = [KNOBS.index(name) for name in plant.KNOBS]
"""Rows of `types.KNOBS` in the plant's order; diversity is not among them."""

SEEN: Final = [INDEX[name] for name in SIGNALS]
UNIT: Final = np.where(np.array(SIGNALS) == "latency", LATENCY_SECONDS, 1.0)
"""The plant's latency is in units of 40 seconds; a profile's is in seconds."""

WIDE: Final = 20.0
"""Bound of a push per unit of signal; a profile allows 50."""

MARGIN: Final = 0.95
"""Bound of the lateral matrix's norm; the profile asks for less than 1."""


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
        self.rest = _parameter(_logit(np.clip(profile.rest, 0.02, 0.5) / 0.6))
        self.up = _parameter(profile.up[:, SEEN])
        self.down = _parameter(profile.down[:, SEEN])
        self.bias = _parameter(profile.bias)
        self.lateral = _parameter(profile.lateral)
        self.base = _parameter(_logit(np.clip(profile.base[ROWS], 0.03, 0.97)))
        self.delta = _parameter(np.arctanh(np.clip(profile.delta[ROWS], -0.95, 0.95)))
        self.g = _parameter(np.log(np.expm1(np.clip(profile.g[ROWS], 0.3, 50.0))))
        self.w0 = _parameter(np.log(profile.w0))
        self.dead = _parameter(_logit(np.clip(profile.dead, 0.02, 0.5) / 0.6))
        self.reference = _parameter(profile.reference[SEEN] / UNIT)
        self.scale = _parameter(np.log(profile.scale[SEEN] / UNIT))

    def weights(self) -> Weights:
        """Constants within the profile's ranges; the lateral matrix is kept contractive."""
        half_life = torch.exp(self.half_life.clamp(-0.5, 6.0))
        keep = torch.exp2(-1.0 / half_life)
        norm = torch.linalg.matrix_norm(keep[:, None] * self.lateral, 2)
        return Weights(
            half_life=half_life,
            beta=0.95 * torch.sigmoid(self.beta),
            rest=0.6 * torch.sigmoid(self.rest),
            up=self.up.clamp(-WIDE, WIDE),
            down=self.down.clamp(-WIDE, WIDE),
            bias=self.bias.clamp(-WIDE, WIDE),
            lateral=self.lateral * torch.clamp(MARGIN / norm, max=1.0),
            base=torch.sigmoid(self.base),
            delta=torch.tanh(self.delta),
            g=nn.functional.softplus(self.g),
            w0=torch.exp(self.w0.clamp(-7.0, 1.0)),
            dead=0.6 * torch.sigmoid(self.dead),
            reference=self.reference,
            scale=torch.exp(self.scale.clamp(-7.0, 7.0)),
        )

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
    """Equation (0). The baseline's drift counts as given; its start gets the whole gradient."""
    drift = []
    rate = _constant(1 - np.exp2(-1 / p.adapt[SEEN]))
    with torch.no_grad():
        for now in seen:
            drift.append(reference)
            gap = torch.where(torch.isnan(now), 0.0, now - reference)
            reference = reference + rate * torch.clamp(gap, -w.scale, w.scale)
    at = torch.stack(drift) + (w.reference - w.reference.detach())
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
        columns[at.reference][SEEN] / UNIT[:, None],
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
        lateral=w["lateral"],
        w0=w["w0"],
        dead=w["dead"],
        up=_put(old.up, SEEN, w["up"], 1),
        down=_put(old.down, SEEN, w["down"], 1),
        reference=_put(old.reference, SEEN, w["reference"] * UNIT),
        scale=_put(old.scale, SEEN, w["scale"] * UNIT),
        base=_put(old.base, ROWS, w["base"]),
        delta=_put(old.delta, ROWS, w["delta"]),
        g=_put(old.g, ROWS, w["g"]),
    )


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
