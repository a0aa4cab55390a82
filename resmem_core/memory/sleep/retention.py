"""What one stored item is worth, and what follows from it: recency, quadrant, tier, lifetime.

Ages are seconds since an item was stored or last used, not since it was said: what was said long
ago and told today is new here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from resmem_core.config.sleep import FOREVER, SleepConfig
from resmem_core.memory.sleep.duplicates import TIERS
from resmem_core.types import QUADRANTS, Memory, StateVector, Tier

EXPIRED: Final = "expired"
"""Why an item goes whose time to live, which the user set, is over."""

STEPS: Final = 16
"""Recency is stored in steps, so that a cycle does not rewrite what hardly aged."""


def recency(age: float, config: SleepConfig) -> float:
    """2^(-age / half-life), in [0, 1]."""
    return float(2.0 ** (-max(0.0, age) / config.half_life))


def worth(memory: Memory, age: float, config: SleepConfig) -> float:
    """What an item is worth by itself, in [0, 1]: its value, faded by age, moved by credit."""
    faded = memory.state.value * (0.6 + 0.4 * recency(age, config))
    return min(max(faded + 0.2 * memory.credit, 0.0), 1.0)


def quadrant(value: float, stress: float, config: SleepConfig) -> str:
    """The quadrant of a worth and a stress, one of `QUADRANTS`."""
    high = value >= config.high_value
    tense = stress >= config.high_stress
    return QUADRANTS[2 * (not high) + (not tense)]


def dated(memory: Memory, now: float, config: SleepConfig, *, sure: bool) -> Memory:
    """The memory with the time of its storage; where it is not known, its life begins now.

    Args:
        sure: past cycles agree with the present clock, so a storage ahead of it was misdated.
    """
    if memory.stored_at is None:
        return replace(memory, stored_at=now, expires=max(memory.expires, now + config.ttl))
    if sure and memory.stored_at > now:
        return replace(memory, stored_at=now)
    return memory


def lasts_until(memory: Memory, config: SleepConfig) -> float:
    """When an item expires: never later than a new one of its credit would; `inf` stays."""
    if memory.stored_at is None or memory.expires == float("inf"):
        return memory.expires
    longest = config.ttl + config.credit_span * max(0.0, memory.credit)
    return min(memory.expires, memory.stored_at + longest)


def why_forget(memory: Memory, age: float, config: SleepConfig) -> str:
    """The reason to forget an item whose storage time is known, or "" for none: a pin is one."""
    if memory.stored_at is None or memory.pinned:
        return ""
    if config.ttl < FOREVER and age >= memory.expires - memory.stored_at:
        return EXPIRED
    value = worth(memory, age, config)
    if value >= config.floor:
        return ""
    tense = memory.state.stress >= config.high_stress
    if tense:
        return "unresolved for long" if age > 3 * config.probation else ""
    return "worth too little" if age > config.probation else ""


def aged(memory: Memory, age: float, config: SleepConfig) -> StateVector:
    """The item's state with its present recency, in steps."""
    return replace(memory.state, recency=round(recency(age, config) * STEPS) / STEPS)


def tier_of(memory: Memory, value: float, age: float, config: SleepConfig) -> Tier:
    """The highest tier that age and worth allow; never a lower one than now."""
    target: Tier = "short"
    if value >= config.mid_worth and age >= config.mid_after:
        target = "mid"
    if value >= config.long_worth and age >= config.long_after:
        target = "long"
    return max((memory.tier, target), key=TIERS.index)


def counts(memories: Sequence[Memory]) -> dict[str, int]:
    """Items per tier and per quadrant."""
    tiers = Counter(memory.tier for memory in memories)
    quadrants = Counter(memory.quadrant for memory in memories)
    return {name: tiers[name] for name in TIERS} | {name: quadrants[name] for name in QUADRANTS}
