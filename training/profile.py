"""`resmem train profile`: learns the shipped profile by gradients through simulated plants.

Each round the kernel plays a batch of training episodes, half of them on plants whose constants
are all redrawn; the twin replays the windows and takes gradients of the plant's success through
knobs and hormones, the signals taken as given. The averaged weights are scored with the kernel
on the tuning seeds, without the family that is out of distribution, and the best are kept.
Test seeds are never touched here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from benchmarks.chaos import episodes, plant
from benchmarks.chaos.episodes import Episodes
from benchmarks.chaos.ours import Ours
from benchmarks.chaos.simulate import simulate
from resmem_core.config.profile import LAYERS, Profile
from training.episodes import Windows, aims, nominal, pick, play, redrawn
from training.twin import Twin, to_profile


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the shipped profile is trained; part of its provenance.

    Attributes:
        rounds: batches of episodes played. batch: episodes in each. window: ticks of a replay.
        parts: gradient steps per round. rate: Adam's at its highest.
        noise: spread of the start around the hand-written weights.
        redraw: every constant of every second batch's plants is drawn within ± this.
        calm: weight of a calm episode, relative to others.
        unsafe, moved: price of an unsafe action, and of a knob's movement.
        recovery: price of a tick below 90 % of the oracle soon after an onset.
        tight: share of redrawn plants that are the tightest of three (`episodes.redrawn`).
        average: share of the averaged weights kept per gradient step.
        every: rounds between scores on tuning seeds.
        seed: of everything random.
    """

    rounds: int = 200
    batch: int = 256
    window: int = 100
    parts: int = 4
    rate: float = 0.01
    noise: float = 0.1
    redraw: float = 0.3
    calm: float = 3.0
    unsafe: float = 0.1
    moved: float = 0.1
    recovery: float = 0.0
    tight: float = 0.0
    average: float = 0.995
    every: int = 20
    seed: int = 0


class Score(NamedTuple):
    """Success on the tuning seeds: the fitted families, calm, out of distribution; and unsafe."""

    fitted: float
    calm: float
    ood: float
    unsafe: float
    moved: float


class Progress(NamedTuple):
    """How training stands after a round."""

    round: int
    train: float
    tune: Score
    seconds: float


CALM = 0.862
"""The best constant's calm success on the tuning seeds; what is missing is lost twice."""

UNSAFE = 0.0095
"""Unsafe actions per step on the tuning seeds above which a candidate loses a lot."""


SHARP = 18.0
"""How sharply recovered is told from not recovered: 5 % of the oracle's success."""


def train(
    start: Profile, recipe: Recipe, report: Callable[[Progress], None] = lambda _: None
) -> Profile:
    """The profile that does best on the tuning seeds; the layers stay as they are in `start`.

    Args:
        start: usually the hand-written profile.
        recipe: how long, how fast, and weights of the goals.
        report: called after each score.
    """
    torch.set_num_threads(1)  # the tensors are small: a second thread only waits
    generator = torch.Generator().manual_seed(recipe.seed)
    twin = Twin(start.without(*LAYERS))
    _shake(twin, recipe.noise, generator)
    twin.project()
    slow = Twin(start.without(*LAYERS))
    slow.load_state_dict(twin.state_dict())
    tuning = tuning_episodes()
    best, kept, began = -math.inf, start, time.monotonic()
    for done, reached in enumerate(_rounds(twin, slow, recipe, generator), 1):
        if done % recipe.every and done != recipe.rounds:
            continue
        candidate = to_profile(slow, start.name)
        score = measure(candidate, tuning)
        if (goal := worth(score)) > best:
            best, kept = goal, candidate
        report(Progress(done, reached, score, time.monotonic() - began))
    return replace(kept, layers=start.layers)


def tuning_episodes() -> Episodes:
    """All tuning seeds and families."""
    return episodes.make(range(episodes.TUNE[0], episodes.TUNE[1] + 1))


def measure(profile: Profile, e: Episodes) -> Score:
    """Figures of a profile in the kernel."""
    trace = simulate(e, Ours(profile, at_rest=True))
    success = trace.success.mean(axis=0)
    calm, ood = e.family == "calm", e.family == "ood"
    return Score(
        fitted=float(success[~ood].mean()),
        calm=float(success[calm].mean()),
        ood=float(success[ood].mean()),
        unsafe=float(trace.unsafe.mean()),
        moved=float(np.abs(np.diff(trace.knobs, axis=0)).mean()),
    )


def worth(score: Score) -> float:
    """What candidates are compared by: success on fitted families, no harm in calm, safety."""
    harm, risk = max(0.0, CALM - score.calm), max(0.0, score.unsafe - UNSAFE)
    return score.fitted - harm - 10.0 * risk


def _shake(twin: Twin, noise: float, generator: torch.Generator) -> None:
    """Random starts for what the table leaves at zero, so that hormones can differ."""
    for parameter, share in (
        (twin.up, 1.0), (twin.down, 1.0), (twin.delta, 1.0), (twin.g, 1.0),
        (twin.bias, 0.2), (twin.lateral, 0.2),
    ):  # fmt: skip
        spread = noise * share * torch.randn(parameter.shape, generator=generator)
        parameter.data += spread


def _rounds(twin: Twin, slow: Twin, recipe: Recipe, generator: torch.Generator) -> Iterator[float]:
    """Play and learn; yields the mean success of what was played."""
    optimiser = torch.optim.Adam(twin.parameters(), lr=recipe.rate, betas=(0.9, 0.99))
    rng = np.random.default_rng(recipe.seed)
    pool = nominal()
    wanted = aims(pool) if recipe.recovery else None
    for number in range(recipe.rounds):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * _schedule(number / recipe.rounds)
        chosen = rng.permutation(pool.n)[: recipe.batch]
        batch, aim = pick(pool, chosen), None if wanted is None else wanted[:, chosen]
        if number % 2:
            batch, aim = redrawn(batch, recipe.redraw, rng, recipe.tight), None
        now = to_profile(twin, "")
        windows, success = play(now, batch, recipe.window, recipe.calm, aim)
        order = torch.randperm(len(windows.weight), generator=generator)
        for rows in order.chunk(recipe.parts):
            _learn(twin, windows.pick(rows), optimiser, recipe)
            _follow(slow, twin, recipe.average)
        yield success


def _schedule(share: float) -> float:
    """Share of the rate: warm up over the first 2 %, then a cosine down to a fiftieth."""
    return min(1.0, share / 0.02 + 0.1) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))


def _learn(twin: Twin, w: Windows, optimiser: torch.optim.Optimizer, recipe: Recipe) -> None:
    """One gradient step."""
    knobs = twin.replay(w.start, w.seen)
    odds = plant.step(knobs, w.conditions, w.constants, xp=torch)
    moved = (knobs[1:] - knobs[:-1]).abs().mean()
    loss = (
        -(odds.success.mean(0) * w.weight).sum() / w.weight.sum()
        + recipe.unsafe * odds.unsafe.mean()
        + recipe.moved * moved
    )
    if recipe.recovery:
        loss = loss + recipe.recovery * _late(odds.success, w.aim).mean()
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.3)
    optimiser.step()
    twin.project()


def _late(success: Tensor, aim: Tensor) -> Tensor:
    """Near 1 where success is missing to an aim, near 0 above it; 0 without one."""
    share = success / aim.clamp(min=1e-6)
    return torch.where(aim > 0, torch.sigmoid(SHARP * (1.0 - share)), torch.zeros_like(share))


def _follow(slow: Twin, twin: Twin, average: float) -> None:
    """Move the averaged weights a little toward the present ones."""
    with torch.no_grad():
        for old, new in zip(slow.parameters(), twin.parameters(), strict=True):
            old.lerp_(new, 1 - average)
