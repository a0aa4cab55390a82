"""Hidden faults over time: semi-Markov episodes with ramps, overlaps and a flap that flickers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos.plant import FAULTS

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of episode: which faults strike, how long, how often two at once."""

    faults: tuple[str, ...]
    dwell: float = 38.0  # mean ticks of a fault
    calm: float = 18.0  # mean ticks between faults
    pair: float = 0.0  # probability that a second fault overlaps
    ramp: tuple[int, int] = (2, 6)  # ticks from nothing to full severity


FAMILIES: Final[dict[str, Family]] = {
    "calm": Family(()),
    "faults": Family(("outage", "flap", "burst")),
    "tools": Family(("toolfail", "inject")),
    "explore": Family(("explore", "burst"), calm=11.0),
    "drift": Family(("drift", "drift", "toolfail"), dwell=55.0, ramp=(8, 20)),
    "mixed": Family(FAULTS),
    "fast": Family(FAULTS, dwell=15.0, calm=7.0, ramp=(1, 3)),
    "compound": Family(FAULTS, pair=0.8),
    "ood": Family(FAULTS, dwell=30.0, pair=0.25, ramp=(1, 8)),
}
SEVERITY: Final = (0.65, 1.0)
FLAP_ON: Final = 6.0
FLAP_OFF: Final = 2.5


def severities(family: Family, ticks: int, rng: np.random.Generator) -> F64:
    """Severity of each fault at each tick, [ticks, 7] in [0, 1]; all zero in calm."""
    s = np.zeros((ticks, len(FAULTS)))
    if not family.faults:
        return s
    at = _dwell(family.calm, rng) // 2
    while at < ticks:
        length = _dwell(family.dwell, rng)
        for fault in _struck(family, rng):
            j = FAULTS.index(fault)
            shift = int(rng.integers(0, 1 + length // 3))
            shape = _trapezoid(length, int(rng.integers(*family.ramp)), rng)[: ticks - at - shift]
            window = s[at + shift : at + shift + len(shape), j]
            np.maximum(window, shape[: len(window)], out=window)
        at += length + _dwell(family.calm, rng)
    s[:, FAULTS.index("flap")] *= _telegraph(ticks, rng)
    return s


def _dwell(mean: float, rng: np.random.Generator) -> int:
    """A sojourn time: gamma of shape 2 (a semi-Markov, not a memoryless, switch), at least 3."""
    return max(3, round(rng.gamma(2.0, mean / 2.0)))


def _struck(family: Family, rng: np.random.Generator) -> list[str]:
    count = 2 if rng.random() < family.pair else 1
    return list(rng.choice(family.faults, size=count, replace=False))


def _trapezoid(length: int, ramp: int, rng: np.random.Generator) -> F64:
    """Up over `ramp` ticks to a random severity, held, and down again."""
    peak = float(rng.uniform(*SEVERITY))
    up = np.arange(1, length + 1) / max(ramp, 1)
    return np.asarray(peak * np.clip(np.minimum(up, up[::-1]), 0.0, 1.0), dtype=np.float64)


def _telegraph(ticks: int, rng: np.random.Generator) -> F64:
    """Random on/off signal in {0, 1}; starts on."""
    lengths = np.empty(ticks)
    lengths[0::2] = 1 + rng.geometric(1 / FLAP_ON, size=len(lengths[0::2]))
    lengths[1::2] = rng.geometric(1 / FLAP_OFF, size=len(lengths[1::2]))
    switched = np.searchsorted(np.cumsum(lengths), np.arange(ticks), side="right")
    return np.asarray(switched % 2 == 0, dtype=np.float64)
