"""The hand-written profiles: the table of section 4.1 as numbers, before any training.

`python -m resmem_core.config.twelve DIRECTORY` writes them as JSON. Training starts from here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from resmem_core.config.profile import Array, Profile
from resmem_core.config.signals import SIGNALS, SPECS
from resmem_core.types import KNOBS, NEUROCHEMICALS

Weights = Mapping[str, float]


class Hormone(NamedTuple):
    """One hormone by hand: what drives it and which knobs it moves (delta, dominance g)."""

    half_life: float
    bias: float
    up: Weights
    down: Weights
    knobs: Mapping[str, tuple[float, float]]
    stress: float = 0.0
    curiosity: float = 0.0
    fatigue: float = 0.0
    text: Weights = MappingProxyType({})
    rest: float = 0.0


TWELVE: Final[dict[str, Hormone]] = {
    "epinephrine": Hormone(
        3, -0.5, {"provider_error": 0.7, "tool_error": 0.8, "invalid_output": 0.6, "urgency": 1.2},
        {"success": 0.25},
        {"retries": (-0.1, 1.0), "temperature": (-0.1, 1.0)},
        stress=0.5, text={"epinephrine": 1.1},
    ),
    "norepinephrine": Hormone(
        8, -0.3,
        {"injection": 0.7, "hostility": 0.9, "invalid_output": 0.5, "tool_error": 0.4},
        {"feedback": 0.4},
        {"tool_access": (-0.7, 6.0), "retrieve_k": (-0.12, 4.0), "temperature": (-0.2, 3.0)},
        stress=0.5, text={"norepinephrine": 0.8},
    ),
    "cortisol": Hormone(
        35, -0.2,
        {"provider_error": 0.25, "tool_error": 0.2, "urgency": 0.3, "hostility": 0.3},
        {"success": 0.22, "feedback": 0.4},
        {"temperature": (-0.2, 4.0), "diversity": (-0.2, 4.0), "retries": (-0.2, 2.0)},
        stress=0.9, text={"cortisol": 0.5, "norepinephrine": 0.3, "epinephrine": 0.3},
    ),
    "dopamine": Hormone(
        12, -0.3, {"novelty": 0.6, "feedback": 0.5}, {},
        {"temperature": (0.25, 4.0), "diversity": (0.15, 4.0)},
        curiosity=0.9, text={"dopamine": 0.6},
    ),
    "serotonin": Hormone(
        40, 0, {"success": 0.2, "feedback": 0.1, "provider_error": -0.2, "tool_error": -0.1},
        {"success": -0.2, "feedback": -0.1}, {}, text={"serotonin": 0.1},
        rest=0.4,
    ),
    "oxytocin": Hormone(
        30, 0,
        {"tool_success": 0.5, "tool_error": -0.4, "provider_error": -0.1, "gratitude": 0.2},
        {"success": -0.05}, {"tool_access": (0.3, 1.0)},
        text={"oxytocin": 0.1, "norepinephrine": -0.1}, rest=0.4,
    ),
    "melatonin": Hormone(
        60, -0.05, {"budget": 0.2, "session_length": 0.15}, {}, {}, fatigue=1.0,
        text={"melatonin": 0.1},
    ),
    "endorphins": Hormone(
        10, -0.1, {"gratitude": 0.7, "feedback": 0.5, "success": 0.1}, {"success": -0.2}, {},
        text={"endorphins": 0.5},
    ),
    "thyroid": Hormone(
        15, -0.25, {"latency": 0.7, "budget": 0.4}, {},
        {"retries": (-0.25, 3.0), "retrieve_k": (-0.1, 3.0)}, text={"thyroid": 0.4},
    ),
    "insulin": Hormone(
        12, -0.25, {"truncation": 0.5}, {"similarity": 0.6},
        {"retrieve_k": (0.2, 4.0), "max_tokens": (0.2, 4.0)}, text={"insulin": 0.4},
    ),
    "testosterone": Hormone(
        20, 0, {"success": 0.4, "provider_error": -0.2}, {"success": -0.3}, {},
        text={"testosterone": 0.1}, rest=0.25,
    ),
    "estrogen": Hormone(
        50, -0.15, {"topic_change": 0.6, "novelty": 0.2}, {},
        {"diversity": (0.15, 3.0), "retrieve_k": (0.1, 2.0)}, curiosity=0.4,
        text={"estrogen": 0.3},
    ),
}  # fmt: skip

TWO: Final[dict[str, Hormone]] = {
    "stress": Hormone(
        20, -0.3,
        {"provider_error": 0.55, "tool_error": 0.5, "injection": 0.6, "invalid_output": 0.4,
         "hostility": 0.6, "urgency": 0.6},
        {"success": 0.3, "feedback": 0.5},
        {"temperature": (-0.3, 4.0), "tool_access": (-0.6, 4.0)},
        stress=0.9, text={"cortisol": 0.5, "epinephrine": 0.5, "norepinephrine": 0.5},
    ),
    "curiosity": Hormone(
        12, -0.3, {"novelty": 0.7, "topic_change": 0.6, "feedback": 0.5}, {},
        {"temperature": (0.25, 4.0), "diversity": (0.15, 4.0), "retrieve_k": (0.15, 3.0)},
        curiosity=0.9, text={"dopamine": 0.6, "estrogen": 0.5},
    ),
}  # fmt: skip

LATERAL: Final[dict[str, Weights]] = {
    "cortisol": {"epinephrine": 0.1, "norepinephrine": 0.06, "endorphins": -0.06},
    "serotonin": {"cortisol": -0.1},
    "dopamine": {"cortisol": -0.1},
    "endorphins": {"epinephrine": 0.05},
}
BASE: Final = {
    "temperature": 0.44, "top_p": 0.9, "max_tokens": 0.55, "retrieve_k": 0.4,
    "tool_access": 1.0, "diversity": 0.02, "retries": 0.25,
}  # fmt: skip
CAPPED: Final = 0.95


def hand_written() -> Profile:
    """The twelve of table 4.1."""
    return _build("hand-written twelve", TWELVE, LATERAL)


def minimal() -> Profile:
    """Two hormones: stress and curiosity."""
    return _build("minimal", TWO, {"curiosity": {"stress": -0.1}})


def _build(name: str, table: Mapping[str, Hormone], lateral: Mapping[str, Weights]) -> Profile:
    hormones, m = tuple(table), len(KNOBS)
    rows = list(table.values())
    n = len(rows)
    stress = np.array([row.stress for row in rows])
    knobs = [{k: v[0] for k, v in row.knobs.items()} for row in rows]
    shares = [{k: v[1] for k, v in row.knobs.items()} for row in rows]
    return Profile(
        name=name,
        hormones=hormones,
        half_life=np.array([row.half_life for row in rows], float),
        rest=np.array([row.rest for row in rows]),
        reference=np.array([spec.reference for spec in SPECS.values()], float),
        scale=np.array([spec.scale for spec in SPECS.values()], float),
        adapt=np.array([spec.adapt for spec in SPECS.values()], float),
        up=_matrix([row.up for row in rows], SIGNALS),
        down=_matrix([row.down for row in rows], SIGNALS),
        bias=np.array([row.bias for row in rows], float),
        lateral=_matrix([lateral.get(name, {}) for name in hormones], hormones),
        text=_matrix([row.text for row in rows], NEUROCHEMICALS),
        i_max=np.full(n, 0.9),
        beta=np.array([0.5 if row.half_life < 10 else 0.6 for row in rows]),
        sigma=np.full(n, 3.0),
        rho=np.full(n, 0.5),
        cap=np.where(stress > 0, CAPPED, 1.0),
        stress=stress,
        curiosity=np.array([row.curiosity for row in rows]),
        fatigue=np.array([row.fatigue for row in rows]),
        base=np.array([BASE[knob] for knob in KNOBS]),
        delta=_matrix(knobs, KNOBS).T,
        dead=np.full(n, 0.1),
        p=np.ones(n),
        w0=np.full(n, 0.02),
        g=_matrix(shares, KNOBS).T,
        cautious=-np.ones(m),
        rate_safe=np.ones(m),
        rate_free=np.full(m, 0.2),
        dwell=np.full(m, 2.0),
    )


def _matrix(rows: Sequence[Weights], columns: tuple[str, ...]) -> Array:
    """A matrix from rows given by column name."""
    matrix = np.zeros((len(rows), len(columns)))
    for i, row in enumerate(rows):
        for column, weight in row.items():
            matrix[i, columns.index(column)] = weight
    return matrix


def main(directory: str) -> None:
    """Write both profiles as JSON into the directory."""
    for stem, profile in (("default", hand_written()), ("minimal", minimal())):
        (Path(directory) / f"{stem}.json").write_text(profile.to_json(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
