"""Guarantee S7, transparency: what a session may change in a request, and when (docs/authority.md).

What the user set is the base. While nothing has failed lately there is no change at all, however
the knobs wander; otherwise a change is bounded and goes one way, and `terms` keeps it in ranges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, Final

from resmem_core.config.profile import Profile
from resmem_core.control import controller
from resmem_core.errors import ConfigError
from resmem_core.types import Knobs, Signal, check_number

HOLD: Final = 8
"""Ticks for which something that failed counts as evidence."""
REST: Final = 3600.0
"""Seconds of silence after which nothing earlier is evidence."""
FAILED: Final = 0.5
"""Failure signals and injection scores count from here on, a success counts as none below it."""
DEAD: Final[Mapping[str, float]] = {"temperature": 0.02, "top_p": 0.02, "tool_access": 0.02}
"""Distance of a knob from calm that is no change. Good turns move no knob, so it can be small."""
STRETCH: Final = 4
"""The most that `max_tokens` is multiplied with after cut answers."""
FAILURES: Final = ("provider_error", "tool_error", "invalid_output")


@dataclass(frozen=True, slots=True)
class RecentEvidence:
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


_NONE: Final = RecentEvidence()


def evidence_from_doc(doc: Any) -> RecentEvidence:
    """The evidence that `to_doc` wrote; a document of an older version holds none.

    Raises:
        ConfigError: it is no such document.
    """
    if doc is None:
        return RecentEvidence()
    try:
        ticks = {n: int(check_number(n, doc[n], 0, HOLD)) for n in ("failure", "injection", "cut")}
        attack = check_number("attack", doc["attack"], 0, 1)
        return RecentEvidence(
            **ticks, attack=attack, cuts=int(check_number("cuts", doc["cuts"], 0, 1e9))
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"no evidence of a session: {error}") from error


def heard(evidence: RecentEvidence, signals: Iterable[Signal], *, seconds: float) -> RecentEvidence:
    """The evidence after one tick of so many seconds with these signals.

    >>> once = heard(RecentEvidence(), [Signal("tool_error", 1.0)], seconds=2.0)
    >>> once.failure, heard(once, [], seconds=2.0).failure, heard(once, [], seconds=7200).failure
    (8, 7, 0)
    """
    past = rested(evidence, seconds)
    seen = {signal.name: signal.value for signal in signals}
    failed = seen.get("success", 1.0) < FAILED or any(
        name in seen and seen[name] >= FAILED for name in FAILURES
    )
    score = min(seen.get("injection", 0.0), 1.0)
    injected, cut = score >= FAILED, seen.get("truncation", 0.0) >= FAILED
    if not (failed or injected or cut) and past == _NONE:
        return past  # what nearly every tick comes to
    injection, cuts = _left(past.injection, injected), _left(past.cut, cut)
    return RecentEvidence(
        failure=_left(past.failure, failed),
        injection=injection,
        cut=cuts,
        attack=max(past.attack, score if injected else 0.0) if injection else 0.0,
        cuts=past.cuts + cut if cuts else 0,
    )


def rested(evidence: RecentEvidence, seconds: float) -> RecentEvidence:
    """The evidence after so many seconds of silence."""
    return RecentEvidence() if seconds > REST else evidence


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


def after_cut(change: Change) -> Change:
    """The change once another answer is cut: twice the room, within `STRETCH`."""
    return replace(change, stretch=min(2 * change.stretch, STRETCH))


@lru_cache(maxsize=64)
def calm(profile: Profile) -> Knobs:
    """The knobs of a settled session in which nothing happens."""
    return controller.knobs_of(controller.settled(profile), profile)


def change(
    knobs: Knobs, calm: Knobs, evidence: RecentEvidence, *, broken: bool = False, safe: bool = False
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


def _access(knobs: Knobs, calm: Knobs, evidence: RecentEvidence, broken: bool) -> float:
    """Tools close for an injection that was seen and for a provider that is down, and only then."""
    if not (broken or evidence.injection):
        return 1.0
    moved = 1.0 + _below("tool_access", knobs, calm)
    return max(min(moved, 1.0 - evidence.attack), 0.0)
