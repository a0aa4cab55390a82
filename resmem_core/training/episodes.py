"""Episodes of ChaosBench for training: played by the kernel, cut into windows for the twin."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resmem_core.bench.chaos import episodes, plant
from resmem_core.bench.chaos.episodes import Episodes
from resmem_core.bench.chaos.ours import Ours
from resmem_core.bench.chaos.simulate import simulate
from resmem_core.config.profile import Profile
from resmem_core.training.twin import State, states

F64 = NDArray[np.float64]

FIELDS: Final = tuple(f.name for f in fields(plant.Constants))


def nominal() -> Episodes:
    """Every training seed and family, none of it out of distribution."""
    return episodes.make(range(episodes.TRAIN[0], episodes.TRAIN[1] + 1), episodes.FITTED)


def redrawn(e: Episodes, spread: float, rng: np.random.Generator) -> Episodes:
    """The same episodes, each on a plant of its own: all constants within ± `spread`.

    These plants are none of the eight that `--redraw` reports.
    """
    return replace(e, constants=plant.draw(e.n, rng, plant.Constants(), spread, every=True))


def pick(e: Episodes, rows: NDArray[np.int64]) -> Episodes:
    """The episodes of some rows."""
    z = e.noise
    return replace(
        e,
        seeds=e.seeds[rows],
        family=e.family[rows],
        severity=e.severity[:, rows],
        constants=replace(e.constants, **{f: getattr(e.constants, f)[rows] for f in FIELDS}),
        noise=z._replace(
            uniform=z.uniform[:, rows],
            normal=z.normal[:, rows],
            outcome=z.outcome[:, rows],
            alarm=z.alarm[:, rows],
            gain=z.gain[rows],
            bias=z.bias[rows],
        ),
        delay=e.delay[rows],
        draw=e.draw[rows],
    )


class _Marking(Ours):
    """Ours, keeping the state before every `length`-th tick."""

    def __init__(self, profile: Profile, length: int) -> None:
        super().__init__(profile)
        self.length, self.count = length, 0
        self.marks: list[F64] = []

    def act(self, seen: F64) -> F64:
        if self.count % self.length == 0:
            self.marks.append(self.state)
        self.count += 1
        return super().act(seen)


class Windows(NamedTuple):
    """b windows of played episodes: what was seen, where each began, what the plant was like."""

    start: State
    seen: Tensor  # [ticks, b, 10]
    conditions: plant.Conditions  # [ticks, b]
    constants: plant.Constants  # [b]
    weight: Tensor  # [b]

    def pick(self, rows: Tensor) -> Windows:
        """Some of the windows."""
        c = {f: getattr(self.constants, f)[rows] for f in FIELDS}
        return Windows(
            State(*(x[rows] for x in self.start)),
            self.seen[:, rows],
            plant.Conditions(*(x[:, rows] for x in self.conditions)),
            plant.Constants(**c),
            self.weight[rows],
        )


def play(
    profile: Profile,
    e: Episodes,
    length: int,
    calm: float = 1.0,
) -> tuple[Windows, float]:
    """Whole episodes under a profile, as windows of `length` ticks, and their mean success.

    Args:
        profile: who plays.
        e: the episodes.
        length: a divisor of their ticks.
        calm: weight of a calm episode, relative to others.
    """
    entrant = _Marking(profile, length)
    trace = simulate(e, entrant)
    count = e.ticks // length
    conditions = plant.conditions(e.severity, e.constants)
    shape = e.severity.shape[:2]
    made = Windows(
        State(*map(torch.cat, zip(*(states(profile, m) for m in entrant.marks), strict=True))),
        _cut(trace.seen, count),
        plant.Conditions(*(_cut(np.broadcast_to(a, shape), count) for a in conditions)),
        plant.Constants(**{f: _tiled(getattr(e.constants, f), count) for f in FIELDS}),
        _tiled(np.where(e.family == "calm", calm, 1.0), count),
    )
    return made, float(trace.success.mean())


def _tiled(a: NDArray[Any], count: int) -> Tensor:
    return torch.tensor(np.tile(a, count), dtype=torch.float32)


def _cut(a: F64, count: int) -> Tensor:
    """[ticks, n, …] to [ticks / count, count · n, …], the first window of all episodes first."""
    ticks, n = a.shape[:2]
    parts = torch.tensor(np.ascontiguousarray(a), dtype=torch.float32)
    parts = parts.reshape(count, ticks // count, n, *a.shape[2:]).transpose(0, 1)
    return parts.reshape(ticks // count, count * n, *a.shape[2:])
