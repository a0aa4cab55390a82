"""What one stored item is worth, and what follows from it: recency, quadrant, tier, lifetime."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from resmem_core.config.sleep import FOREVER, SleepConfig
from resmem_core.memory.sleep.duplicates import TIERS
from resmem_core.types import QUADRANTS, Memory, StateVector, Tier

STEPS: Final = 16
"""Recency is stored in steps, so that a cycle does not rewrite what hardly aged."""


def recency(memory: Memory, now: float, config: SleepConfig) -> float:
    """2^(-age / half-life), in (0, 1]; an item from the future counts as new."""
    return float(2.0 ** (-max(0.0, now - memory.at) / config.half_life))


def worth(memory: Memory, now: float, config: SleepConfig) -> float:
    """What an item is worth by itself, in [0, 1]: its value, faded by age, moved by credit."""
    faded = memory.state.value * (0.6 + 0.4 * recency(memory, now, config))
    return min(max(faded + 0.2 * memory.credit, 0.0), 1.0)


def quadrant(value: float, stress: float, config: SleepConfig) -> str:
    """The quadrant of a worth and a stress, one of `QUADRANTS`."""
    high = value >= config.high_value
    tense = stress >= config.high_stress
    return QUADRANTS[2 * (not high) + (not tense)]


def why_forget(memory: Memory, now: float, config: SleepConfig) -> str:
    """The reason to forget an item, or "" for none."""
    if config.ttl < FOREVER and now >= memory.expires:
        return "expired"
    value = worth(memory, now, config)
    if value >= config.floor:
        return ""
    age = now - memory.at
    tense = memory.state.stress >= config.high_stress
    if tense:
        return "unresolved for long" if age > 3 * config.probation else ""
    return "worth too little" if age > config.probation else ""


def aged(memory: Memory, now: float, config: SleepConfig) -> StateVector:
    """The item's state with its present recency, in steps."""
    return replace(memory.state, recency=round(recency(memory, now, config) * STEPS) / STEPS)


def tier_of(memory: Memory, value: float, now: float, config: SleepConfig) -> Tier:
    """The highest tier that age and worth allow; never a lower one than now."""
    age = now - memory.at
    target: Tier = "short"
    if value >= config.mid_worth and age >= config.mid_after:
        target = "mid"
    if value >= config.long_worth and age >= config.long_after:
        target = "long"
    return max((memory.tier, target), key=TIERS.index)
