"""What the user allows a session to change, and the user's settings with the change made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from resmem_core.control.authority import Change
from resmem_core.errors import ConfigError
from resmem_core.providers import SAMPLING

FLOOR: Final = 64
"""Tokens that an answer may always have, also when a budget is spent."""
COMMON: Final = 4096
"""Tokens that an answer may have where neither the user nor the model's profile names a limit."""

BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "temperature": (0.0, 2.0), "top_p": (0.0, 1.0), "max_tokens": (1.0, math.inf),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spent:
    """What a conversation has cost so far: tokens, and seconds in model calls."""

    tokens: int = 0
    seconds: float = 0.0

    def more(self, tokens: int, seconds: float) -> Spent:
        """With one more call."""
        return Spent(self.tokens + tokens, self.seconds + seconds)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one conversation may cost. Answers never ask for more tokens than are left of it.

    Args:
        tokens: input and output together. seconds: in model calls.
        cost: in any currency; needs `price`. price: of a million tokens, in that currency.

    Raises:
        ConfigError: no limit at all, one that is not a number above 0, or a cost without price.
    """

    tokens: float | None = None
    seconds: float | None = None
    cost: float | None = None
    price: float | None = None

    def __post_init__(self) -> None:
        given = {
            f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None
        }
        for name, value in given.items():
            if not _is_number(value) or not 0 < value < math.inf:
                raise ConfigError(f"budget: {name} must be a number above 0, got {value!r:.40}")
        if not given.keys() - {"price"}:
            raise ConfigError("a budget needs tokens, seconds or cost")
        if (self.cost is None) != (self.price is None):
            raise ConfigError("cost and price (of a million tokens) belong together in a budget")

    def left(self, spent: Spent) -> float:
        """Tokens that may still be spent, at least 0; inf before a pace in seconds is known."""
        left = [math.inf]
        if self.tokens is not None:
            left.append(self.tokens - spent.tokens)
        if self.cost is not None and self.price is not None:
            left.append(self.cost / self.price * 1e6 - spent.tokens)
        if self.seconds is not None and spent.seconds > 0:
            left.append((self.seconds - spent.seconds) * spent.tokens / spent.seconds)
        return max(min(left), 0.0)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the user allows: which sampling knobs may move, how far, and what it may cost."""

    tune: tuple[str, ...] = SAMPLING
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    budget: Budget | None = None

    def within(self, name: str, value: float) -> float:
        """The nearest allowed value."""
        lo, hi = self.ranges.get(name, BOUNDS[name])
        return min(max(value, lo), hi)


def terms(
    tune: Sequence[str] = SAMPLING,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    budget: Budget | None = None,
) -> Terms:
    """The user's terms, checked.

    Raises:
        ConfigError: a knob that does not exist, a range that is not (low, high) within what the
            knob can take, or something else than a Budget.
    """
    for name in (*tune, *(ranges or {})):
        if isinstance(tune, str) or name not in SAMPLING:
            raise ConfigError(f"tune and ranges take knobs among {SAMPLING}, got {name!r:.40}")
    if budget is not None and not isinstance(budget, Budget):
        raise ConfigError(f"budget must be a Budget, got {type(budget).__name__}")
    return Terms(tuple(tune), {n: _range(n, r) for n, r in (ranges or {}).items()}, budget)


def _range(name: str, given: Any) -> tuple[float, float]:
    low, high = BOUNDS[name]
    pair = tuple(given) if isinstance(given, Sequence) and not isinstance(given, str) else ()
    if len(pair) != 2 or not all(map(_is_number, pair)) or not low <= pair[0] <= pair[1] <= high:
        raise ConfigError(
            f"the range of {name} must be (low, high) from {low:g} to {high:g}, got {given!r:.60}"
        )
    return float(pair[0]), float(pair[1])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def adjusted(
    base: Mapping[str, float | None],
    change: Change,
    terms: Terms,
    *,
    limit: float | None = None,
    spent: Spent | None = None,
    floor: int = FLOOR,
) -> dict[str, float]:
    """The sampling settings that differ from the user's; empty in calm.

    Args:
        base: what the user set, by knob; None or absent where it is left to the provider, and
            then it stays absent (but for a budget's cap).
        limit: tokens that the model can answer with: inf for no limit, None where not known.
        spent: what the conversation has cost so far, where the user declared a budget.
        floor: tokens that an answer may always have.

    >>> adjusted({"temperature": 0.7}, Change(temperature=-0.2, top_p=-0.3), Terms())
    {'temperature': 0.5}
    >>> adjusted({"temperature": 0.7, "max_tokens": 900}, Change(), Terms())
    {}
    """
    left = terms.budget.left(spent or Spent()) if terms.budget else math.inf
    moved = {
        "temperature": _lowered("temperature", base, change.temperature, terms),
        "top_p": _lowered("top_p", base, change.top_p, terms),
        "max_tokens": _capped(
            _stretched(base.get("max_tokens"), change.stretch, terms, limit),
            terms, limit=limit, left=left, floor=floor,
        ),
    }  # fmt: skip
    return {
        name: value
        for name, value in moved.items()
        if name in terms.tune and value is not None and value != base.get(name)
    }


def _lowered(name: str, base: Mapping[str, float | None], by: float, terms: Terms) -> float | None:
    """The base less the change, in the user's range; never above the base."""
    own = base.get(name)
    if own is None or by >= 0:
        return own
    return min(terms.within(name, round(own + by, 4)), own)


def _stretched(own: float | None, factor: int, terms: Terms, limit: float | None) -> float | None:
    """A limit that cut answers, raised as far as somebody knows that the model can go."""
    if own is None or factor == 1:
        return own
    roofs = [r for r in (limit, terms.ranges.get("max_tokens", (0, None))[1]) if r is not None]
    return max(own, int(min(own * factor, *roofs))) if roofs else own


def _capped(
    value: float | None, terms: Terms, *, limit: float | None, left: float, floor: int
) -> float | None:
    """Not more than what is left of the budget."""
    most = value if value is not None else _usual(terms, limit)
    if left >= most:
        return value
    return int(min(terms.within("max_tokens", max(left, floor)), most))


def _usual(terms: Terms, limit: float | None) -> float:
    """The longest answer to reckon with where the user set no limit."""
    known = COMMON if limit is None or limit == math.inf else limit
    return min(terms.within("max_tokens", known), limit or math.inf)
