"""Episodes of ChaosBench as tensors, and their ticks under a twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import torch
from torch import Tensor

from resmem_core.bench.chaos import plant, signals
from resmem_core.bench.chaos.episodes import Episodes
from resmem_core.training.twin import SEEN, Tick, Twin, Weights


@dataclass(frozen=True, slots=True)
class Batch:
    """n episodes; `conditions` fields are [ticks, n] or [n]."""

    severity: Tensor
    constants: plant.Constants
    noise: signals.Noise
    delay: Tensor
    family: Sequence[str]

    @classmethod
    def of(cls, e: Episodes) -> Batch:
        """All of them, as float32."""
        constants = replace(
            e.constants,
            **{f.name: _tensor(getattr(e.constants, f.name)) for f in fields(plant.Constants)},
        )
        noise = signals.Noise(*(_tensor(a) for a in e.noise))
        return cls(_tensor(e.severity), constants, noise, torch.tensor(e.delay), e.family.tolist())

    def pick(self, rows: Tensor) -> Batch:
        """The episodes of some rows."""
        c, z = self.constants, self.noise
        return Batch(
            self.severity[:, rows],
            replace(c, **{f.name: getattr(c, f.name)[rows] for f in fields(plant.Constants)}),
            signals.Noise(*(a[:, rows] for a in z[:4]), z.gain[rows], z.bias[rows]),
            self.delay[rows],
            [self.family[row] for row in rows.tolist()],
        )

    @property
    def n(self) -> int:
        """How many episodes."""
        return int(self.severity.shape[1])


class Life(NamedTuple):
    """Where a batch stands: the twin's state and the signals that are still on their way."""

    tick: Tick
    emitted: tuple[Tensor, ...]

    def detached(self) -> Life:
        """The same without its past, for truncated back-propagation."""
        return Life(Tick(*(a.detach() for a in self.tick)), self.emitted)


def born(twin: Twin, w: Weights, batch: Batch) -> Life:
    """The start of every episode."""
    blank = torch.full((batch.n, SEEN), float("nan"))
    return Life(twin.start(w, batch.n), (blank,) * int(batch.delay.max()))


class Window(NamedTuple):
    """What a run of ticks gave, [ticks, n]: success probability, unsafe actions, knob movement."""

    success: Tensor
    unsafe: Tensor
    moved: Tensor


def run(twin: Twin, w: Weights, batch: Batch, life: Life, ticks: range) -> tuple[Window, Life]:
    """Ticks of a batch; gradients flow through the knobs and the hormones, not the signals."""
    rows, columns = torch.arange(batch.n)[:, None], torch.arange(SEEN)[None]
    conditions = plant.conditions(batch.severity, batch.constants, xp=torch)
    success, unsafe, moved = [], [], []
    tick, emitted = life
    for t in ticks:
        seen = torch.stack(emitted)[len(emitted) - batch.delay, rows, columns]
        after = twin.step(w, tick, seen)
        q = plant.Conditions(*(a[t] if a.ndim == 2 else a for a in conditions))
        odds = plant.step(after.knob, q, batch.constants, xp=torch)
        success.append(odds.success)
        unsafe.append(odds.unsafe)
        moved.append((after.knob - tick.knob).abs().mean(1))
        emitted = (*emitted[1:], _emit(after.knob, q, odds, batch, t))
        tick = after
    return Window(torch.stack(success), torch.stack(unsafe), torch.stack(moved)), Life(
        tick, emitted
    )


def _emit(knob: Tensor, q: plant.Conditions, odds: plant.Step, batch: Batch, t: int) -> Tensor:
    z = batch.noise
    noise = signals.Noise(*(a[t] for a in z[:4]), z.gain, z.bias)
    with torch.no_grad():
        still = plant.Step(*(a.detach() for a in odds))
        out: Tensor = signals.emit(
            knob.detach(), q, batch.severity[t], still, noise, batch.constants, xp=torch
        )
    return out


def _tensor(array: object) -> Tensor:
    return torch.tensor(array, dtype=torch.float32)
