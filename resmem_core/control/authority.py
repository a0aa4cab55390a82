"""Guarantee S7, transparency: what a session may change in a request, and when (docs/authority.md).

What the user set is the base. While nothing has failed lately there is no change at all, however
the knobs wander; otherwise a change is bounded, goes one way, and stays in the user's ranges.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, Final

from resmem_core.config.profile import Profile
from resmem_core.control import controller
from resmem_core.errors import ConfigError
from resmem_core.providers import SAMPLING
from resmem_core.types import Knobs, Signal, check_number

HOLD: Final = 8
"""Ticks for which something that failed counts as evidence."""
REST: Final = 3600.0
"""Seconds of silence after which nothing earlier is evidence."""
FAILED: Final = 0.5
"""Failure signals and injection scores count from here on, a success counts as none below it."""
DEAD: Final[Mapping[str, float]] = {"temperature": 0.15, "top_p": 0.05, "tool_access": 0.05}
"""Distance of a knob from calm that is no change: so far it wanders over 240 good turns of up to
600 tokens at 0.3, 1.5, 10 and 40 seconds each."""
STRETCH: Final = 4
"""The most that `max_tokens` is multiplied with after cut answers."""
FLOOR: Final = 64
"""Tokens that an answer may always have, also when a budget is spent."""
COMMON: Final = 4096
"""Tokens that an answer may have where neither the user nor the model's profile names a limit."""

FAILURES: Final = ("provider_error", "tool_error", "invalid_output")
BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "temperature": (0.0, 2.0), "top_p": (0.0, 1.0), "max_tokens": (1.0, math.inf),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """What went wrong lately. Only `heard` makes the next one.

    Attributes:
        failure, injection, cut: ticks for which each still counts, 0 to `HOLD`.
        attack: the highest injection score seen while one counts, in [0, 1].
        cuts: answers cut at their limit while one counts.
    """

    failure: int = 0
    injection: int = 0
    cut: int = 0
    attack: float = 0.0
    cuts: int = 0

    def to_doc(self) -> dict[str, float]:
        """As JSON."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def evidence_from_doc(doc: Any) -> Evidence:
    """The evidence that `to_doc` wrote; a document of an older version holds none.

    Raises:
        ConfigError: it is no such document.
    """
    if doc is None:
        return Evidence()
    try:
        ticks = {n: int(check_number(n, doc[n], 0, HOLD)) for n in ("failure", "injection", "cut")}
        attack = check_number("attack", doc["attack"], 0, 1)
        return Evidence(**ticks, attack=attack, cuts=int(check_number("cuts", doc["cuts"], 0, 1e9)))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"no evidence of a session: {error}") from error


def heard(evidence: Evidence, signals: Iterable[Signal], *, seconds: float) -> Evidence:
    """The evidence after one tick of so many seconds with these signals.

    >>> once = heard(Evidence(), [Signal("tool_error", 1.0)], seconds=2.0)
    >>> once.failure, heard(once, [], seconds=2.0).failure, heard(once, [], seconds=7200).failure
    (8, 7, 0)
    """
    past = rested(evidence, seconds)
    seen = {signal.name: signal.value for signal in signals}
    failed = any(seen.get(name, 0.0) >= FAILED for name in FAILURES)
    failed = failed or seen.get("success", 1.0) < FAILED
    score = min(seen.get("injection", 0.0), 1.0)
    injected, cut = score >= FAILED, seen.get("truncation", 0.0) >= FAILED
    injection, cuts = _left(past.injection, injected), _left(past.cut, cut)
    return Evidence(
        failure=_left(past.failure, failed),
        injection=injection,
        cut=cuts,
        attack=max(past.attack, score if injected else 0.0) if injection else 0.0,
        cuts=past.cuts + cut if cuts else 0,
    )


def rested(evidence: Evidence, seconds: float) -> Evidence:
    """The evidence after so many seconds of silence."""
    return Evidence() if seconds > REST else evidence


def _left(ticks: int, again: bool) -> int:
    return HOLD if again else max(ticks - 1, 0)


@dataclass(frozen=True, slots=True)
class Change:
    """What a session asks of a request, as differences from the user's own settings.

    Attributes:
        temperature, top_p: at most 0: added to the user's value.
        stretch: at least 1: `max_tokens` times this.
        tool_access: a tool of declared risk r may run iff r is at most this; 1 allows all.
    """

    temperature: float = 0.0
    top_p: float = 0.0
    stretch: int = 1
    tool_access: float = 1.0


@lru_cache(maxsize=64)
def calm(profile: Profile) -> Knobs:
    """The knobs of a settled session in which nothing happens."""
    return controller.knobs_of(controller.settled(profile), profile)


def change(
    knobs: Knobs, calm: Knobs, evidence: Evidence, *, broken: bool = False, safe: bool = False
) -> Change:
    """The change that the present knobs ask for; none at all without evidence.

    Args:
        knobs: of the next call.
        calm: of a settled session with the same profile.
        evidence: of the session's last ticks.
        broken: the circuit breaker is not closed.
        safe: safe mode is on; it counts as evidence, and only tools of risk 0 are left.
    """
    alarmed = safe or broken or evidence.failure > 0 or evidence.injection > 0
    return Change(
        temperature=_below("temperature", knobs, calm) if alarmed else 0.0,
        top_p=_below("top_p", knobs, calm) if alarmed else 0.0,
        stretch=min(2**evidence.cuts, STRETCH) if evidence.cut else 1,
        tool_access=0.0 if safe else _access(knobs, calm, evidence, broken),
    )


def _below(name: str, knobs: Knobs, calm: Knobs) -> float:
    """How far a knob lies below calm, as a negative number; 0 in the dead zone and above."""
    moved: float = getattr(knobs, name) - getattr(calm, name)
    return moved if moved < -DEAD[name] else 0.0


def _access(knobs: Knobs, calm: Knobs, evidence: Evidence, broken: bool) -> float:
    """Tools close for an injection that was seen and for a provider that is down, and only then."""
    if not (broken or evidence.injection):
        return 1.0
    moved = 1.0 + _below("tool_access", knobs, calm)
    return max(min(moved, 1.0 - evidence.attack), 0.0)


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
