"""Value heads: V(h) of the hormone levels, trained elsewhere, run by the kernel (section 4.5)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.errors import ConfigError

Array: TypeAlias = NDArray[np.float64]
LIMIT = 1e6
MAX_WIDTH = 64


@dataclass(frozen=True, eq=False)
class MlpHead:
    """b2 + w2 · relu(W1 h + b1).

    Args:
        w1: [hidden, n]. b1: [hidden]. w2: [hidden]. b2: scalar. hidden is at most 64.

    Raises:
        ConfigError: shapes that do not fit, or a weight that is not finite or beyond 1e6.
    """

    w1: Array
    b1: Array
    w2: Array
    b2: float = 0.0

    def __post_init__(self) -> None:
        hidden, n = _shape2("w1", self.w1)
        _settle(self, {"w1": (hidden, n), "b1": (hidden,), "w2": (hidden,)}, "b2", hidden)

    @property
    def n(self) -> int:
        """How many hormones it reads."""
        return int(self.w1.shape[1])

    @property
    def width(self) -> int:
        """Hidden units."""
        return int(self.w1.shape[0])


@dataclass(frozen=True, eq=False)
class GraphHead:
    """A graph over n hormones and one global node, with multiplicative identity (FiLM).

    zᵢ = relu(eᵢ hᵢ + cᵢ), where node n is global and h_n is the mean level;
    yᵢ = relu(U zᵢ + V Σⱼ Aᵢⱼ zⱼ + s);  V(h) = r0 + Σᵢ (rᵢ · yᵢ + tᵢ · zᵢ).

    Args:
        e, c, r, t: [n + 1, d]. a: [n + 1, n + 1]. u, v: [d, d]. s: [d]. r0: scalar. d <= 64.

    Raises:
        ConfigError: shapes that do not fit, or a weight that is not finite or beyond 1e6.
    """

    e: Array
    c: Array
    a: Array
    u: Array
    v: Array
    s: Array
    r: Array
    t: Array
    r0: float = 0.0

    def __post_init__(self) -> None:
        nodes, d = _shape2("e", self.e)
        if nodes < 2:
            raise ConfigError(f"e needs a row per hormone and one for the global node, got {nodes}")
        shapes: dict[str, tuple[int, ...]] = {name: (nodes, d) for name in ("e", "c", "r", "t")}
        shapes |= {"a": (nodes, nodes), "u": (d, d), "v": (d, d), "s": (d,)}
        _settle(self, shapes, "r0", d)

    @property
    def n(self) -> int:
        """How many hormones it reads."""
        return int(self.e.shape[0]) - 1

    @property
    def width(self) -> int:
        """Features per node."""
        return int(self.e.shape[1])


Head: TypeAlias = MlpHead | GraphHead


def _shape2(name: str, value: Any) -> tuple[int, int]:
    shape = np.shape(value)
    if len(shape) != 2:
        raise ConfigError(f"{name} must be a matrix, got shape {shape}")
    return int(shape[0]), int(shape[1])


def _settle(head: Head, shapes: dict[str, tuple[int, ...]], scalar: str, width: int) -> None:
    """Put checked read-only arrays in place of what was given."""
    if not 1 <= width <= MAX_WIDTH:
        raise ConfigError(f"a value head has 1 to {MAX_WIDTH} hidden units, got {width}")
    for f in fields(head):
        array = np.array(getattr(head, f.name), dtype=np.float64, order="C")
        wanted = shapes.get(f.name, ())
        if array.shape != wanted:
            raise ConfigError(f"{f.name} must have shape {wanted}, got {array.shape}")
        if not np.all(np.abs(array) <= LIMIT):
            raise ConfigError(f"{f.name} must be finite and within {LIMIT:g}")
        array.flags.writeable = False
        object.__setattr__(head, f.name, float(array) if f.name == scalar else array)
