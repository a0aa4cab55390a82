"""Randomness by name: the same question gets the same answer, whoever asks and in what order."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from random import Random

SCALE = float(1 << 64)


@dataclass(frozen=True, slots=True)
class Noise:
    """Uniform numbers that depend on a seed and on what they are for, and on nothing else.

    Entrants that reach the same decision draw the same number there, so that differences between
    them are paired.

    >>> Noise(1)("slip", 3) == Noise(1)("slip", 3) != Noise(2)("slip", 3)
    True
    """

    seed: int

    def __call__(self, *what: object) -> float:
        """A number in [0, 1)."""
        key = repr((self.seed, *what)).encode()
        return int.from_bytes(blake2b(key, digest_size=8).digest(), "big") / SCALE

    def between(self, low: float, high: float, *what: object) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self(*what)

    def stream(self, *what: object) -> Random:
        """A generator of its own, for what is drawn in one go."""
        return Random(repr((self.seed, *what)))
