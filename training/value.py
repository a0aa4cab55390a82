"""The shipped value head: what reward is to come, read from the hormones of the shipped profile.

Made by  python -m training.value  in less than a minute on two cores. The target is
(1 - γ) Σ γ^l success_{t+l} on ChaosBench's training seeds, so V lies near [0, 1].
"""

from __future__ import annotations

import argparse
import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos import episodes
from benchmarks.chaos.ours import Ours
from benchmarks.chaos.simulate import simulate
from resmem_core.config.heads import Head
from resmem_core.config.learning import LearningConfig
from resmem_core.config.profile import Profile
from resmem_core.learning import value
from resmem_core.learning.gradient import advantages
from training import heads

Array = NDArray[np.float64]

SEEDS: Final = 24
HELD_OUT: Final = 8
"""How many of the training seeds teach, and how many more of them measure."""
ROWS: Final = 40_000
SEED: Final = 4


def make(profile: Profile) -> tuple[Head, dict[str, Any]]:
    """The head of a profile, and where it comes from."""
    first = episodes.TRAIN[0]
    rng = np.random.default_rng(SEED)
    levels, returns = played(profile, range(first, first + SEEDS))
    rows = rng.choice(len(returns), min(ROWS, len(returns)), replace=False)
    fitted = heads.fit("film_graph", levels[rows], returns[None, rows], seed=SEED)
    head = fitted.heads()[0]
    held, truth = played(profile, range(first + SEEDS, first + SEEDS + HELD_OUT))
    told = {
        "command": "python -m training.value",
        "profile": profile.name,
        "gamma": LearningConfig().gamma,
        "seeds": [first, first + SEEDS - 1],
        "r2_held_out": round(heads.r_squared(truth, value.values(head, held)), 4),
    }
    return head, told


def played(profile: Profile, seeds: range) -> tuple[Array, Array]:
    """Levels [rows, n] and discounted success to come [rows] of every tick of every episode."""
    e = episodes.make(seeds, episodes.FITTED)
    entrant = Ours(profile, record=True)
    success = np.asarray(simulate(e, entrant).success, dtype=np.float64)
    levels = np.stack(entrant.levels)
    gamma = LearningConfig().gamma
    flat = np.ascontiguousarray(success.T).ravel()  # episode after episode
    ends = np.tile(np.arange(e.ticks) == e.ticks - 1, success.shape[1])
    returns = advantages(flat, np.zeros_like(flat), ends, gamma=gamma, lam=1.0)
    rows = np.ascontiguousarray(levels.transpose(1, 0, 2)).reshape(len(flat), -1)
    return rows, (1.0 - gamma) * returns


def main() -> None:
    """Write the head where it is asked for."""
    parser = argparse.ArgumentParser(description="Train the shipped value head.")
    parser.add_argument("out", help="the .npz file to write")
    out = parser.parse_args().out
    head, told = make(Profile.default())
    print(json.dumps({**told, "checksum": value.save(head, out)}, indent=1))


if __name__ == "__main__":
    main()
