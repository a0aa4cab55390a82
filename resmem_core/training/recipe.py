"""How the shipped profile was made, and where it comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
import torch

from resmem_core.bench.chaos import episodes, plant
from resmem_core.config import twelve
from resmem_core.config.profile import Profile, Resilience
from resmem_core.training.profile import (
    Progress,
    Recipe,
    Score,
    calibrated,
    measure,
    train,
    tuning_episodes,
)

SHIPPED: Final = Recipe()
"""What `resmem train profile` does unless told otherwise."""

RESILIENCE: Final = Resilience(adapt=1e-4)
"""Baselines drift five times slower than by hand: at 5e-4 it cost .3 points in calm."""

RELEASE: Final = 0.4
"""Knobs come back twice as fast as by hand and as in training: .06 points, calm included."""


def make(recipe: Recipe, report: Callable[[Progress], None]) -> tuple[Profile, dict[str, Any]]:
    """Train from the hand-written table; the profile and its provenance."""
    profile = finished(train(twelve.hand_written(), recipe, report))
    return profile, provenance(profile, recipe, measure(profile, tuning_episodes()))


def finished(trained: Profile) -> Profile:
    """What training leaves, with the layers' settings, and calibrated with the layers on."""
    profile = replace(
        trained,
        name="twelve hormones, trained on ChaosBench",
        rate_free=np.full_like(trained.rate_free, RELEASE),
        resilience=RESILIENCE,
    )
    return calibrated(profile, "norepinephrine", tuning_episodes())


def provenance(profile: Profile, recipe: Recipe, score: Score) -> dict[str, Any]:
    """Where a trained profile comes from, JSON-ready."""
    return {
        "command": "resmem train profile",
        "recipe": asdict(recipe),
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
