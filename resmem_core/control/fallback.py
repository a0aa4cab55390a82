"""Do no harm: fall back to the base when the controller is shown to do worse than it.

Whether the controller does worse cannot be read off its own successes: it moves the knobs just
when things go wrong. So a small share of the ticks in which it would move them are held at base
instead (`held`), and the two kinds are compared. Holding is exploration, so it is opt-in; the
evidence is pooled over sessions by whoever owns them, and comes back as `step(authority=...)`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

from resmem_core.errors import ConfigError
from resmem_core.types import check_number

GOLDEN: Final = 0.6180339887498949


MOST: Final = 0.5
"""Largest share of ticks that may be held."""


def checked_share(share: float) -> float:
    """The share of ticks to hold.

    Raises:
        ConfigError: it is not a number above 0 and at most 0.5.
    """
    number = isinstance(share, int | float) and not isinstance(share, bool)
    if not number or not 0.0 < share <= MOST:
        raise ConfigError(
            f"guard must be a share of ticks above 0 and at most {MOST:g}, or None; "
            f"got {share!r:.40}"
        )
    return float(share)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rewards in [0, 1] under the controller (led) and at base (held): counts, sums, squares."""

    led: float = 0.0
    led_sum: float = 0.0
    led_squares: float = 0.0
    held: float = 0.0
    held_sum: float = 0.0
    held_squares: float = 0.0


def held(tick: int, phase: float, share: float) -> bool:
    """Whether this tick is one of the `share` that are held at base: evenly spread, no chance.

    >>> sum(held(tick, 0.0, 0.25) for tick in range(400))
    100
    """
    return (phase + tick * GOLDEN) % 1.0 < check_number("share", share, 0.0, 1.0)


def observe(
    evidence: Comparison, reward: float, *, was_held: bool, keep: float = 0.999
) -> Comparison:
    """The evidence with one more reward; older ones fade by `keep`.

    Raises:
        InputError: the reward is outside [0, 1].
    """
    reward = check_number("reward", reward, 0.0, 1.0)
    led, own = (0.0, 1.0) if was_held else (1.0, 0.0)
    return Comparison(
        keep * evidence.led + led,
        keep * evidence.led_sum + led * reward,
        keep * evidence.led_squares + led * reward**2,
        keep * evidence.held + own,
        keep * evidence.held_sum + own * reward,
        keep * evidence.held_squares + own * reward**2,
    )


def faded(evidence: Comparison, keep: float) -> Comparison:
    """The evidence when only this share of it still counts."""
    return Comparison(*(keep * getattr(evidence, f.name) for f in fields(evidence)))


def merge(one: Comparison, other: Comparison) -> Comparison:
    """The evidence of two sessions together."""
    return Comparison(
        one.led + other.led,
        one.led_sum + other.led_sum,
        one.led_squares + other.led_squares,
        one.held + other.held,
        one.held_sum + other.held_sum,
        one.held_squares + other.held_squares,
    )


def authority(evidence: Comparison, *, risk: float = 0.05) -> float:
    """1, or 0 when a lower confidence bound says that base is better than the controller.

    The bound is the empirical Bernstein bound for each mean at risk / 2 (Maurer and Pontil 2009,
    theorem 4), so with independent rewards a harmless controller loses its authority with a
    probability of at most `risk`.
    """
    led = _interval(evidence.led, evidence.led_sum, evidence.led_squares, risk / 2)
    base = _interval(evidence.held, evidence.held_sum, evidence.held_squares, risk / 2)
    return 0.0 if base[0] > led[1] else 1.0


def _interval(n: float, total: float, squares: float, risk: float) -> tuple[float, float]:
    """Lower and upper bound of a mean in [0, 1]."""
    if n < 2:
        return 0.0, 1.0
    mean = total / n
    variance = max(squares / n - mean * mean, 0.0) * n / (n - 1)
    width = math.sqrt(2 * variance * math.log(2 / risk) / n) + 7 * math.log(2 / risk) / (
        3 * (n - 1)
    )
    return mean - width, mean + width
