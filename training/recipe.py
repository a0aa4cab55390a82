"""How the shipped profile was made, and where it comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
import torch

from benchmarks.chaos import episodes, plant
from resmem_core.config import twelve
from resmem_core.config.profile import Profile, Resilience
from resmem_core.types import KNOBS
from training.profile import Progress, Recipe, Score, calibrated, measure, train, tuning_episodes
from training.search import Figures, Search, improve
from training.slow import slow_start


@dataclass(frozen=True, slots=True)
class Plan:
    """All of `resmem train profile`; part of the provenance.

    Attributes:
        learn: gradients, from the hand-written table.
        refine: gradients again, with a slow hormone, tighter plants and a price on slow recovery.
        search: moves of single numbers, on the benchmark's own figures.
    """

    learn: Recipe
    refine: Recipe
    search: Search


SHIPPED: Final = Plan(
    learn=Recipe(),
    refine=Recipe(
        rounds=80, rate=0.006, noise=0.0, redraw=0.35, calm=14.0, recovery=2.0, tight=0.8,
        average=0.99, every=80,
    ),
    search=Search(),
)  # fmt: skip
"""What `resmem train profile` does unless told otherwise."""

RESILIENCE: Final = Resilience(adapt=1e-4)
"""Baselines drift five times slower than by hand: at 5e-4 it cost .3 points in calm."""

RELEASE: Final = 0.4
"""Knobs come back twice as fast as by hand and as in training: .06 points, calm included."""

LONGER: Final = 0.01
"""Unit value added to the base token limit: about .06 points in calm (training, tuning seeds)."""


def make(
    plan: Plan, report: Callable[[str, Progress | Figures], None]
) -> tuple[Profile, dict[str, Any]]:
    """Train from the hand-written table; the profile and its provenance.

    `report` is called with the name of the stage and how it stands.
    """
    learnt = finished(train(twelve.hand_written(), plan.learn, partial(report, "learn")))
    refined = train(slow_start(learnt), plan.refine, partial(report, "refine"))
    profile = lengthened(improve(refined, plan.search, partial(report, "search")))
    return profile, provenance(profile, plan, measure(profile, tuning_episodes()))


def finished(trained: Profile) -> Profile:
    """What training leaves, with the layers' settings, and calibrated with the layers on."""
    profile = replace(
        trained,
        name="twelve hormones, trained on ChaosBench",
        rate_free=np.full_like(trained.rate_free, RELEASE),
        resilience=RESILIENCE,
    )
    return calibrated(profile, "norepinephrine", tuning_episodes())


def lengthened(profile: Profile) -> Profile:
    """The profile with a base limit that calm does not have to pay tight plants for."""
    longer = LONGER * np.array([knob == "max_tokens" for knob in KNOBS])
    return replace(profile, base=profile.base + longer)


def provenance(profile: Profile, plan: Plan, score: Score) -> dict[str, Any]:
    """Where a trained profile comes from, JSON-ready."""
    return {
        "command": "resmem train profile",
        "recipe": asdict(plan),
        "start": "resmem_core.config.twelve.hand_written()",
        "train_seeds": list(episodes.TRAIN),
        "tune_seeds": list(episodes.TUNE),
        "plant": plant_digest(),
        "torch": torch.__version__,
        "tune": {name: round(value, 5) for name, value in score._asdict().items()},
        "profile": digest(profile.to_json()),
    }


def plant_digest() -> str:
    """SHA-256 of the plant's constants: what the profile was trained on."""
    return digest(repr(sorted(asdict(plant.Constants()).items())))


def digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
