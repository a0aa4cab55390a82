"""How the shipped profile was made, and where it comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

import torch

from benchmarks.chaos import episodes, plant
from resmem_core.config import twelve
from resmem_core.config.profile import Profile
from training.finish import finished
from training.profile import Progress, Recipe, Score, measure, train, tuning_episodes


@dataclass(frozen=True, slots=True)
class Plan:
    """All of `resmem train profile`; part of the provenance.

    Attributes:
        learn: gradients, from the hand-written table.
        refine: gradients again, with more weight on calm and on safety.
    """

    learn: Recipe
    refine: Recipe


SHIPPED: Final = Plan(
    learn=Recipe(),
    refine=Recipe(
        rounds=150, rate=0.012, noise=0.02, calm=4.0, unsafe=0.35, average=0.99, seed=2,
    ),
)  # fmt: skip
"""What `resmem train profile` does unless told otherwise."""


def make(plan: Plan, report: Callable[[str, Progress], None]) -> tuple[Profile, dict[str, Any]]:
    """Train from the hand-written table; the profile and its provenance.

    `report` is called with the name of the stage and how it stands.
    """
    learnt = train(twelve.hand_written(), plan.learn, partial(report, "learn"))
    profile = finished(train(learnt, plan.refine, partial(report, "refine")))
    return profile, provenance(profile, plan, measure(profile, tuning_episodes()))


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
