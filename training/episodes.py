"""Episodes of ChaosBench for training: played by the kernel, cut into windows for the twin."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.chaos import episodes, hindsight, metrics, plant
from benchmarks.chaos.controllers.base import Replay
from benchmarks.chaos.episodes import Episodes
from benchmarks.chaos.ours import LATENCY, Ours
from benchmarks.chaos.signals import LATENCY_SECONDS
from benchmarks.chaos.simulate import simulate
from resmem_core.config.profile import Profile
from resmem_core.control.latency import Usual, judged
from training.twin import State, states

F64 = NDArray[np.float64]

AFTER: Final = 20
"""Ticks after an onset in which slow recovery has its price."""

DRAWN: Final = 8
"""Plants that the tightest is taken of."""

FIELDS: Final = tuple(f.name for f in fields(plant.Constants))


def nominal() -> Episodes:
    """Every training seed and family, none of it out of distribution."""
    return episodes.make(range(episodes.TRAIN[0], episodes.TRAIN[1] + 1), episodes.FITTED)


def redrawn(e: Episodes, spread: float, rng: np.random.Generator, tight: float = 0.0) -> Episodes:
    """The same episodes, each on a plant of its own: all constants within ± `spread`.

    A share `tight` of them gets the one of `DRAWN` plants with the least time for its answers.
    These plants are none of the eight that `--redraw` reports.
    """
    first, *others = (
        plant.draw(e.n, rng, plant.Constants(), spread, every=True)
        for _ in range(DRAWN if tight else 1)
    )
    if not others:
        return replace(e, constants=first)
    drawn = [first, *others]
    tightest = np.argmin([slack(c) for c in drawn], axis=0)
    which = np.where(rng.random(e.n) < tight, tightest, 0)
    chosen = {f: np.choose(which, [getattr(c, f) for c in drawn]) for f in FIELDS}
    return replace(e, constants=plant.Constants(**chosen))


def slack(c: plant.Constants) -> F64:
    """Tokens that the deadline leaves time for, per token of the limit that is used."""
    return np.asarray(c.deadline * c.speed / c.fill, dtype=np.float64)


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
        super().__init__(profile, at_rest=True)
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
    aim: Tensor  # [ticks, b]: success that recovery asks for after an onset, else 0

    def pick(self, rows: Tensor) -> Windows:
        """Some of the windows."""
        c = {f: getattr(self.constants, f)[rows] for f in FIELDS}
        return Windows(
            State(*(x[rows] for x in self.start)),
            self.seen[:, rows],
            plant.Conditions(*(x[:, rows] for x in self.conditions)),
            plant.Constants(**c),
            self.weight[rows],
            self.aim[:, rows],
        )


def play(
    profile: Profile,
    e: Episodes,
    length: int,
    calm: float = 1.0,
    aim: F64 | None = None,
) -> tuple[Windows, float]:
    """Whole episodes under a profile, as windows of `length` ticks, and their mean success.

    Args:
        profile: who plays.
        e: the episodes.
        length: a divisor of their ticks.
        calm: weight of a calm episode, relative to others.
        aim: `aims` of the episodes, where recovery counts.
    """
    entrant = _Marking(profile, length)
    trace = simulate(e, entrant)
    count = e.ticks // length
    conditions = plant.conditions(e.severity, e.constants)
    shape = e.severity.shape[:2]
    made = Windows(
        State(*map(torch.cat, zip(*(states(profile, m) for m in entrant.marks), strict=True))),
        _cut(_judged(trace.seen), count),
        plant.Conditions(*(_cut(np.broadcast_to(a, shape), count) for a in conditions)),
        plant.Constants(**{f: _tiled(getattr(e.constants, f), count) for f in FIELDS}),
        _tiled(np.where(e.family == "calm", calm, 1.0), count),
        _cut(np.zeros(shape) if aim is None else aim, count),
    )
    return made, float(trace.success.mean())


def _judged(seen: F64) -> F64:
    """What was seen [ticks, n, 10], its latency judged as a session does."""
    out, usual = seen.copy(), Usual(*np.zeros((3, seen.shape[1])))
    for row in out[:, :, LATENCY]:
        usual, row[:] = judged(usual, row * LATENCY_SECONDS)
    return out


def aims(e: Episodes) -> F64:
    """[ticks, n]: the success that counts as recovered in the `AFTER` ticks of an onset, else 0."""
    best = simulate(e, Replay(hindsight.oracle(e))).success
    struck, soon = metrics.onsets(e), np.zeros(best.shape, dtype=np.bool_)
    for lag in range(AFTER):
        soon[lag:] |= struck[: len(struck) - lag]
    return np.where(soon, metrics.RECOVERED * best, 0.0)


def _tiled(a: NDArray[Any], count: int) -> Tensor:
    return torch.tensor(np.tile(a, count), dtype=torch.float32)


def _cut(a: F64, count: int) -> Tensor:
    """[ticks, n, …] to [ticks / count, count · n, …], the first window of all episodes first."""
    ticks, n = a.shape[:2]
    parts = torch.tensor(np.ascontiguousarray(a), dtype=torch.float32)
    parts = parts.reshape(count, ticks // count, n, *a.shape[2:]).transpose(0, 1)
    return parts.reshape(ticks // count, count * n, *a.shape[2:])
