"""How the shipped profile was made, and where it comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, Final

import torch

from resmem_core.bench.chaos import episodes, plant
from resmem_core.config import twelve
from resmem_core.config.profile import Profile
from resmem_core.training.profile import Progress, Recipe, measure, train

SHIPPED: Final = Recipe()
"""What `resmem train profile` does unless told otherwise."""


def make(recipe: Recipe, report: Callable[[Progress], None]) -> tuple[Profile, dict[str, Any]]:
    """Train from the hand-written table; the profile and its provenance, JSON-ready."""
    profile = train(twelve.hand_written(), recipe, report)
    profile = replace(profile, name="twelve hormones, trained on ChaosBench")
    tuning = episodes.make(range(episodes.TUNE[0], episodes.TUNE[1] + 1))
    score = measure(profile, tuning)
    provenance = {
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
    return profile, provenance


def plant_digest() -> str:
    """SHA-256 of the plant's constants: what the profile was trained on."""
    return digest(repr(sorted(asdict(plant.Constants()).items())))


def digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
