"""Coordinate search on the benchmark's own figures, after gradients have done what they can.

How soon a session recovers, what calm loses, and the worst of redrawn plants are thresholds and
minima over whole episodes, of which no gradient is known. Here one number of a profile moves at
a time, and the move is kept if the goal rises on training seeds, on the same noise. Neither
tuning nor test seeds take part, nor the family that is out of distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos import episodes, hindsight, metrics
from benchmarks.chaos.controllers.base import Constant, Replay
from benchmarks.chaos.episodes import Episodes
from benchmarks.chaos.ours import COLUMNS, ROWS, Ours
from benchmarks.chaos.simulate import Controller, simulate
from resmem_core.config.profile import Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.errors import ConfigError
from training.episodes import tight_plants
from training.slow import HORMONE, PUSHES

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for; part of a profile's provenance. Prices are in points of success.

    Attributes:
        sweeps: times that every move is tried. seed: of their order.
        seeds: first and last training seed played.
        plants: the tightest of `drawn` redrawn plants are played as well. spread: of constants.
        recovery: price of a tick. calm: success in calm that is asked for; a point below costs 3.
        unsafe: unsafe actions per 1,000 steps above which each costs .2.
        moved: mean movement of a knob per tick above which .01 costs 3.
        back: how far the result goes back to the start, in [0, 1], chosen on tuning seeds: what was
            moved was fitted to a few training seeds.
        margin: gain over a plant's re-fitted constant below which its mean shortfall counts.
    """

    sweeps: int = 2
    seed: int = 0
    seeds: tuple[int, int] = (1_000, 1_031)
    plants: int = 12
    drawn: int = 640
    spread: float = 0.35
    recovery: float = 0.9
    calm: float = 85.9
    unsafe: float = 8.0
    moved: float = 0.0175
    margin: float = 3.0
    back: float = 0.1


class Figures(NamedTuple):
    """Of a profile on the training seeds: in points, ticks, per 1,000 steps, per tick."""

    success: float
    calm: float
    recovery: float
    unsafe: float
    moved: float


@dataclass(frozen=True, slots=True)
class Exam:
    """The episodes that candidates play, with what they are compared to."""

    search: Search
    played: Episodes
    oracle: F64
    tight: Episodes
    constant: F64

    @classmethod
    def of(cls, search: Search) -> Exam:
        """Draw episodes, ask the oracle, re-fit a constant to each tight plant."""
        first, last = search.seeds
        played = episodes.make(range(first, last + 1), episodes.FITTED)
        best = simulate(played, Replay(hindsight.oracle(played))).success
        tight = tight_plants(
            search.plants, search.drawn, search.spread, range(last + 9, last + 11), search.seed
        )
        constant = Constant(hindsight.constant(tight, tight.draw)[tight.draw])
        return cls(search, played, best, tight, _by_plant(tight, constant))

    def figures(self, profile: Profile) -> Figures:
        """How it does on the benchmark's own plant."""
        trace = simulate(self.played, Ours(profile))
        success = trace.success.mean(axis=0)
        return Figures(
            success=100 * float(success.mean()),
            calm=100 * float(success[self.played.family == "calm"].mean()),
            recovery=float(metrics.recovery(self.played, trace.success, self.oracle) or 0.0),
            unsafe=1000 * float(trace.unsafe.mean()),
            moved=float(np.abs(np.diff(trace.knobs, axis=0)).mean()),
        )

    def worth(self, f: Figures) -> float:
        """The goal without the tight plants, in points."""
        s = self.search
        return (
            f.success
            - s.recovery * f.recovery
            - 3 * max(0.0, s.calm - f.calm)
            - 0.2 * max(0.0, f.unsafe - s.unsafe)
            - 300 * max(0.0, f.moved - s.moved)
        )

    def shortfall(self, profile: Profile) -> float:
        """Mean points that tight plants miss to their constant and the margin; at most 0."""
        gain = 100 * (_by_plant(self.tight, Ours(profile)) - self.constant)
        return float(np.minimum(0.0, gain - self.search.margin).mean())


def _by_plant(e: Episodes, controller: Controller) -> F64:
    success = simulate(e, controller).success.mean(axis=0)
    return np.bincount(e.draw, weights=success) / np.bincount(e.draw)


class Change(NamedTuple):
    """A field's entries `where`, times and plus something."""

    field: str
    where: NDArray[np.bool_]
    times: float = 1.0
    plus: float = 0.0


Move = tuple[Change, ...]

BOUNDS = {
    "beta": (0.0, 0.97), "dead": (0.0, 0.6), "rest": (0.0, 0.6), "i_max": (1e-3, 1.0),
    "base": (0.0, 1.0), "delta": (-1.0, 1.0), "rate_free": (0.02, 1.0), "dwell": (0.0, 4.0),
}  # fmt: skip


SOFT = (
    "half_life", "rest", "scale", "up", "down", "bias", "beta", "i_max", "base", "delta", "dead",
    "g", "rate_free",
)  # fmt: skip


def moved(profile: Profile, move: Move) -> Profile:
    """The profile after a move, within bounds.

    Raises:
        ConfigError: it is no profile any more (the lateral matrix would not contract).
    """
    fields = {}
    for change in move:
        old = getattr(profile, change.field)
        new = np.where(change.where, old * change.times + change.plus, old)
        fields[change.field] = np.clip(new, *BOUNDS.get(change.field, (-np.inf, np.inf)))
    return replace(profile, **fields)


def moves(profile: Profile) -> Iterator[Move]:
    """Every move, up and down: of each hormone, signal, knob; the slow hormone's in more detail."""
    for j in range(profile.n):
        yield from _of_hormone(profile, np.arange(profile.n) == j)
    for i in ROWS:
        mine = np.arange(len(profile.scale)) == i
        yield from ((Change("scale", mine, times=x),) for x in (0.85, 1.18))
    for k in COLUMNS:
        mine = np.arange(len(profile.base)) == k
        yield from ((Change("base", mine, plus=x),) for x in (-0.03, -0.01, 0.01, 0.03))
    knobs = np.ones_like(profile.dwell, dtype=np.bool_)
    yield from ((Change("dwell", knobs, plus=x),) for x in (-1.0, 1.0))
    yield from ((Change("rate_free", knobs, times=x),) for x in (0.6, 1.6))
    yield from _of_slow(profile)


def _of_hormone(profile: Profile, mine: NDArray[np.bool_]) -> Iterator[Move]:
    yield from ((Change("bias", mine, plus=x),) for x in (-0.06, -0.02, 0.02, 0.06))
    for field, *factors in (("beta", 0.7, 1.2), ("half_life", 0.8, 1.25), ("i_max", 0.85, 1.18)):
        yield from ((Change(field, mine, times=x),) for x in factors)
    for field, by in (("dead", 0.04), ("rest", 0.03)):
        yield from ((Change(field, mine, plus=x),) for x in (-by, by))
    row, column = mine[:, None], mine[None, :]
    yield from ((Change("g", column, times=x),) for x in (0.7, 1.4))
    yield from ((Change("up", row, times=x), Change("down", row, times=x)) for x in (0.85, 1.18))


def _of_slow(profile: Profile) -> Iterator[Move]:
    row = np.array([name == HORMONE for name in profile.hormones])
    for name in PUSHES:
        cell = row[:, None] & (np.array(SIGNALS) == name)
        for x in (0.7, 1.4):
            yield Change("up", cell, times=x), Change("down", cell, times=x)
    yield from ((Change("delta", row[None, :], times=x),) for x in (0.8, 1.25))


def improve(
    profile: Profile, search: Search, report: Callable[[Figures], None] = lambda _: None
) -> Profile:
    """The profile after the moves that raised the goal, each repeated while it does, softened."""
    start = profile
    exam, rng = Exam.of(search), np.random.default_rng(search.seed)
    figures = exam.figures(profile)
    best, short = exam.worth(figures), exam.shortfall(profile)
    report(figures)
    for _ in range(search.sweeps):
        every = list(moves(profile))
        for i in rng.permutation(len(every)):
            while (better := _better(exam, profile, every[i], best + short)) is not None:
                profile, figures, short = better
                best = exam.worth(figures)
                report(figures)
    return softened(profile, start, search.back)


def softened(profile: Profile, start: Profile, back: float) -> Profile:
    """The profile with what moves can change (but for the dwell) taken `back` toward `start`."""
    between = {
        name: (1.0 - back) * getattr(profile, name) + back * getattr(start, name) for name in SOFT
    }
    return replace(profile, **between)


LEAST = 0.002
"""A move must gain more than this."""


def _better(
    exam: Exam, profile: Profile, move: Move, goal: float
) -> tuple[Profile, Figures, float] | None:
    """The profile after the move with its figures, if that raises the goal."""
    try:
        candidate = moved(profile, move)
    except ConfigError:
        return None
    figures = exam.figures(candidate)
    worth = exam.worth(figures)
    if worth <= goal + LEAST:  # the tight plants can only take away
        return None
    short = exam.shortfall(candidate)
    return (candidate, figures, short) if worth + short > goal + LEAST else None
