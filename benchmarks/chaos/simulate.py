"""Run a controller over episodes: the loop that closes through delayed signals only."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos import plant, signals
from benchmarks.chaos.episodes import Episodes

F64 = NDArray[np.float64]


@runtime_checkable
class Controller(Protocol):
    """What can be entered: any object with these two methods."""

    def reset(self, n: int) -> None:
        """Start n episodes."""

    def act(self, signals: F64) -> F64:
        """Signals [n, 10], NaN where missing, to knobs [n, 6] in [0, 1] (order of `KNOBS`)."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened, all [ticks, n, …]; `violations` counts knobs that were not in [0, 1]."""

    knobs: F64
    success: F64  # probability
    outcome: NDArray[np.bool_]  # sampled
    unsafe: F64  # expected unsafe actions
    seen: F64  # signals as the controller saw them
    violations: NDArray[np.int64]  # [n]
    inside: dict[str, Any] | None = None  # what the controller's `inside` tells, for pictures


def simulate(e: Episodes, controller: Controller) -> Trace:
    """Every tick: delayed signals in, knobs out, one step of the plant, signals emitted.

    A knob that is NaN or outside [0, 1] counts as a violation and is replaced: NaN by the
    default, the rest by the nearest bound.
    """
    run = _Recorder(e)
    q_all = plant.conditions(e.severity, e.constants)
    controller.reset(e.n)
    for t in range(e.ticks):
        q = plant.Conditions(*(a[t] if a.ndim == 2 else a for a in map(np.asarray, q_all)))
        seen = run.delayed()
        u = run.checked(controller.act(seen.copy()))
        odds = plant.step(u, q, e.constants)
        noise = at(e.noise, t)
        run.emitted.append(signals.emit(u, q, e.severity[t], odds, noise, e.constants))
        run.record(t, u, odds, noise, seen)
    inside = getattr(controller, "inside", None)
    return Trace(run.knobs, run.success, run.outcome, run.unsafe, run.seen, run.violations, inside)


def at(noise: signals.Noise, t: int) -> signals.Noise:
    """The noise of one tick."""
    return signals.Noise(
        noise.uniform[t], noise.normal[t], noise.outcome[t], noise.alarm[t], noise.gain, noise.bias
    )


class _Recorder:
    """History of signals (for the delays) and the growing trace."""

    def __init__(self, e: Episodes) -> None:
        blank = np.full((e.n, len(signals.SIGNALS)), np.nan)
        longest = int(e.delay.max())
        self.emitted: deque[F64] = deque([blank] * longest, maxlen=longest)
        self.which = np.concatenate([longest - e.delay[None], _grid(e.n)])
        self.knobs = np.empty((e.ticks, e.n, 6))
        self.success = np.empty((e.ticks, e.n))
        self.outcome = np.empty((e.ticks, e.n), bool)
        self.unsafe = np.empty((e.ticks, e.n))
        self.seen = np.empty((e.ticks, e.n, len(signals.SIGNALS)))
        self.violations = np.zeros(e.n, np.int64)

    def delayed(self) -> F64:
        back, row, column = self.which
        return np.asarray(np.stack(self.emitted)[back, row, column])

    def checked(self, u: F64) -> F64:
        u = np.asarray(u, dtype=np.float64)
        if u.shape != self.knobs.shape[1:]:
            raise ValueError(f"act must return shape {self.knobs.shape[1:]}, got {u.shape}")
        bad = ~((u >= 0) & (u <= 1))
        if bad.any():
            self.violations += bad.sum(axis=1)
            u = np.clip(np.where(np.isnan(u), plant.DEFAULT_KNOBS, u), 0.0, 1.0)
        return u

    def record(self, t: int, u: F64, odds: plant.Step, noise: signals.Noise, seen: F64) -> None:
        self.knobs[t], self.success[t], self.unsafe[t] = u, odds.success, odds.unsafe
        self.outcome[t] = noise.outcome < odds.success
        self.seen[t] = seen


def _grid(n: int) -> NDArray[np.int64]:
    rows, columns = np.mgrid[0:n, 0 : len(signals.SIGNALS)]
    return np.stack([rows, columns])
