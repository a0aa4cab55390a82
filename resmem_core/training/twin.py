"""The control tick's equations (0) to (5) in torch, so that gradients flow through time.

The resilience layers are left out: they are reflexes with thresholds, tested with the trained
profile in the benchmark and not learnt. A test holds this twin equal to the kernel on profiles
without layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from resmem_core.config.profile import Profile
from resmem_core.types import KNOBS

KNOB_ROWS = (0, 1, 3, 2, 4, 6)
"""Rows of `types.KNOBS` in the plant's order: temperature, top_p, k, max_tokens, tools, retries."""

SEEN = 10
"""The first ten signals are the ones that the plant emits."""

LATENCY = 40.0
"""The plant's latency is in units of 40 seconds; a profile's is in seconds."""


class Tick(NamedTuple):
    """State of a batch of sessions: hormones, impulses, buckets, baselines of signals, knobs."""

    level: Tensor
    smoothed: Tensor
    bucket: Tensor
    reference: Tensor
    knob: Tensor
    hold: Tensor


class Weights(NamedTuple):
    """The profile's constants, each a function of the trained parameters."""

    keep: Tensor
    beta: Tensor
    rest: Tensor
    push: Tensor
    bias: Tensor
    lateral: Tensor
    base: Tensor
    delta: Tensor
    g: Tensor
    w0: Tensor
    dead: Tensor
    reference: Tensor
    scale: Tensor
    adapt: Tensor


class Twin(nn.Module):
    """Trainable parameters, started from a profile; `weights` maps them into their ranges."""

    def __init__(self, profile: Profile, noise: float, generator: torch.Generator) -> None:
        super().__init__()
        self.profile = profile
        rows, n = list(KNOB_ROWS), profile.n

        def made(value: np.ndarray, spread: float = 0.0) -> nn.Parameter:
            tensor = torch.tensor(np.array(value), dtype=torch.float32)
            return nn.Parameter(tensor + spread * torch.randn(tensor.shape, generator=generator))

        self.half_life = made(np.log(profile.half_life))
        self.beta = made(_logit(profile.beta / 0.95))
        self.rest = made(_logit(np.clip(profile.rest, 0.02, 0.5) / 0.6))
        self.up = made(profile.up[:, :SEEN], noise)
        self.down = made(profile.down[:, :SEEN], noise)
        self.bias = made(profile.bias, 0.2 * noise)
        self.lateral = made(profile.lateral, 0.2 * noise)
        self.base = made(_logit(np.clip(profile.base[rows], 0.03, 0.97)))
        self.delta = made(np.arctanh(np.clip(profile.delta[rows], -0.95, 0.95)), noise)
        self.g = made(np.log(np.expm1(np.clip(profile.g[rows], 0.3, 50.0))), noise)
        self.dead = made(_logit(np.clip(profile.dead, 0.02, 0.5) / 0.6))
        unit = np.ones(SEEN)
        unit[2] = LATENCY
        self.register_buffer("unit", torch.tensor(unit, dtype=torch.float32))
        self.reference = made(profile.reference[:SEEN] / unit)
        self.scale = made(np.log(profile.scale[:SEEN] / unit))
        self.register_buffer("adapt", torch.tensor(profile.adapt[:SEEN], dtype=torch.float32))
        self.register_buffer("w0", torch.full((n,), float(profile.w0[0])))

    def weights(self) -> Weights:
        """Constants within the profile's ranges; the lateral matrix is kept contractive."""
        keep = torch.exp2(-1.0 / torch.exp(self.half_life.clamp(-0.5, 5.0)))
        norm = torch.linalg.matrix_norm(keep[:, None] * self.lateral, 2)
        return Weights(
            keep=keep,
            beta=0.95 * torch.sigmoid(self.beta),
            rest=0.6 * torch.sigmoid(self.rest),
            push=torch.cat([self.up, self.down], 1),
            bias=self.bias,
            lateral=self.lateral * torch.clamp(0.95 / norm, max=1.0),
            base=torch.sigmoid(self.base),
            delta=torch.tanh(self.delta),
            g=nn.functional.softplus(self.g),
            w0=self.w0,
            dead=0.6 * torch.sigmoid(self.dead),
            reference=self.reference,
            scale=torch.exp(self.scale),
            adapt=1 - torch.exp2(-1.0 / self.adapt),
        )

    def start(self, w: Weights, n: int) -> Tick:
        """n sessions at rest."""
        hormones = len(w.rest)
        return Tick(
            level=w.rest.expand(n, hormones),
            smoothed=torch.zeros(n, hormones),
            bucket=torch.tensor(self.profile.sigma, dtype=torch.float32).expand(n, hormones),
            reference=w.reference.expand(n, SEEN),
            knob=w.base.expand(n, len(KNOB_ROWS)),
            hold=torch.full((n, len(KNOB_ROWS)), 1e3),
        )

    def step(self, w: Weights, s: Tick, seen: Tensor) -> Tick:
        """One tick on signals [n, 10], NaN where missing."""
        missing = torch.isnan(seen)
        gap = torch.where(missing, torch.zeros_like(seen), torch.nan_to_num(seen) - s.reference)
        v = (gap / w.scale).clamp(-1, 1)
        reference = s.reference + w.adapt * torch.maximum(torch.minimum(gap, w.scale), -w.scale)
        level, smoothed, bucket = self._hormones(w, s, v)
        knob, hold = self._limited(self._target(w, level), s)
        return Tick(level, smoothed, bucket, reference, knob, hold)

    def _hormones(self, w: Weights, s: Tick, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Equations (1) to (3)."""
        x = w.rest + w.keep * (s.level - w.rest)
        bound = float(self.profile.i_max[0])
        z = torch.cat([v.clamp(min=0), (-v).clamp(min=0)], 1) @ w.push.T
        z = z + w.bias + (x - w.rest) @ w.lateral.T
        impulse = z / torch.sqrt(1 + (z / bound) ** 2)
        smoothed = w.beta * s.smoothed + (1 - w.beta) * impulse
        sigma = torch.tensor(self.profile.sigma, dtype=torch.float32)
        rho = torch.tensor(self.profile.rho, dtype=torch.float32)
        bucket = torch.minimum(sigma, s.bucket + rho)
        push = torch.minimum(smoothed, bucket)
        bucket = bucket - push.clamp(min=0)
        level = torch.where(push >= 0, x + push * (1 - x), x * (1 + push))
        cap = torch.tensor(self.profile.cap, dtype=torch.float32)
        return torch.minimum(level, cap), smoothed, bucket

    def _target(self, w: Weights, level: Tensor) -> Tensor:
        """Equation (4), for p = 1 and q = 2."""
        gap = level - w.rest
        y = gap / torch.where(gap >= 0, 1 - w.rest, w.rest)
        y = torch.sign(y) * (y.abs() - w.dead).clamp(min=0) / (1 - w.dead)
        square = y * y
        total = (w.w0 + w.g * square[:, None, :]).sum(2)
        pull = square * y
        moved = (w.w0 * w.delta * y[:, None, :]).sum(2) + pull @ (w.g * w.delta).T
        return (w.base + moved / total).clamp(0, 1)

    def _limited(self, target: Tensor, s: Tick) -> tuple[Tensor, Tensor]:
        """Equation (5); every knob's safe side is down."""
        rows = list(KNOB_ROWS)
        safe = torch.tensor(self.profile.rate_safe[rows], dtype=torch.float32)
        free = torch.tensor(self.profile.rate_free[rows], dtype=torch.float32)
        dwell = torch.tensor(self.profile.dwell[rows], dtype=torch.float32)
        up = torch.where(s.hold + 1 >= dwell, free, torch.zeros_like(free))
        knob = s.knob + torch.minimum(torch.maximum(target - s.knob, -safe), up)
        hold = torch.where(knob.detach() < s.knob.detach(), 0.0, s.hold + 1)
        return knob.clamp(0, 1), hold


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-3, 1 - 1e-3)
    return np.asarray(np.log(p / (1 - p)))


def to_profile(twin: Twin, state: Mapping[str, Tensor], name: str) -> Profile:
    """The profile that the parameters stand for; what was not trained stays as it was."""
    twin.load_state_dict(dict(state))
    with torch.no_grad():
        w = {key: value.double().numpy() for key, value in twin.weights()._asdict().items()}
    old, rows = twin.profile, list(KNOB_ROWS)
    unit = twin.get_buffer("unit").numpy()
    up, down, g, delta = (np.array(x) for x in (old.up, old.down, old.g, old.delta))
    base, reference, scale = (np.array(x) for x in (old.base, old.reference, old.scale))
    up[:, :SEEN], down[:, :SEEN] = w["push"][:, :SEEN], w["push"][:, SEEN:]
    delta[rows], g[rows], base[rows] = w["delta"], w["g"], w["base"]
    reference[:SEEN], scale[:SEEN] = w["reference"] * unit, w["scale"] * unit
    with torch.no_grad():
        half_life = -1.0 / np.log2(w["keep"])
    return replace(
        old,
        name=name,
        half_life=half_life,
        beta=w["beta"],
        rest=w["rest"],
        up=up,
        down=down,
        bias=w["bias"],
        lateral=w["lateral"],
        base=base,
        delta=delta,
        g=g,
        dead=w["dead"],
        reference=reference,
        scale=scale,
    )


assert [KNOBS[row] for row in KNOB_ROWS][2] == "retrieve_k"
