"""`Health`: what is known of one dependency, a provider's model or one tool."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from resmem_core.health import backoff, breaker
from resmem_core.health.backoff import BUDGET, SHARE
from resmem_core.health.baseline import Baseline, baseline_of
from resmem_core.health.breaker import Breaker, Verdict
from resmem_core.health.failures import SICK, Failure, Kind

ERRORS: Final = 5
"""Classes of the last errors that are kept."""
MOST: Final = 1_000
"""Failures in a row that are told apart."""


@dataclass(frozen=True, slots=True)
class Health:
    """Only the functions of this module make the next one.

    Attributes:
        breaker: whether calls are let through.
        latency: of calls that went well, in seconds. pace: in tokens per second.
        budget: retries saved up, 0 to `BUDGET`.
        held: epoch seconds until which the provider asked to be left alone. span: for how long.
        errors: classes of the last errors, the newest last.
        failing: calls that failed in a row, whoever is to blame.
        at: epoch seconds of the last change.
    """

    breaker: Breaker = field(default_factory=Breaker)
    latency: Baseline = field(default_factory=Baseline)
    pace: Baseline = field(default_factory=Baseline)
    budget: float = BUDGET
    held: float = 0.0
    span: float = 0.0
    errors: tuple[Kind, ...] = ()
    failing: int = 0
    at: float = 0.0

    @property
    def down(self) -> bool:
        """Whether it failed so often that it is left alone."""
        return not self.breaker.closed

    @property
    def since(self) -> float:
        """Epoch seconds of the first failure of those that brought it down; 0 while it is up."""
        return self.breaker.since if self.down else 0.0

    @property
    def kind(self) -> Kind | None:
        """The class of the last error, or None."""
        return self.errors[-1] if self.errors else None


def verdict(health: Health, now: float) -> Verdict:
    """What would happen to a call now: let through, let through as a probe, or refused."""
    return breaker.verdict(health.breaker, now)


def wait(health: Health, now: float) -> float:
    """Seconds until a call may be made; 0 when it may be made now."""
    return max(breaker.wait(health.breaker, now), hold(health, now))


def hold(health: Health, now: float) -> float:
    """Seconds for which the provider still asks to be left alone; 0 after a clock was set back."""
    return breaker.left_until(health.held, now, health.span)


def asked(health: Health, now: float) -> Health:
    """A call is about to be made: a probe, if the breaker is not closed; retries are saved up."""
    saved = min(health.budget + SHARE, BUDGET)
    if health.breaker.closed:
        return replace(health, budget=saved) if saved != health.budget else health
    return replace(health, breaker=breaker.probing(health.breaker, now), budget=saved, at=now)


def released(health: Health) -> Health:
    """The call came back without saying anything of the dependency."""
    return replace(health, breaker=breaker.released(health.breaker))


def succeeded(health: Health, now: float, *, seconds: float = 0.0, tokens: float = 0.0) -> Health:
    """The call went well.

    Args:
        seconds: it took, 0 where nobody measured. tokens: of the answer, 0 where nobody counted.
    """
    return replace(
        health,
        breaker=breaker.succeeded(health.breaker, now),
        latency=health.latency.after(seconds),
        pace=health.pace.after(tokens / seconds) if seconds > 0 and tokens > 0 else health.pace,
        held=0.0,
        failing=0,
        at=now,
    )


def failed(
    health: Health, failure: Failure, now: float, u: float,
    *, spared: bool = False, awaited: bool = False, again: bool = False, rests: bool = False,
) -> Health:  # fmt: skip
    """The call failed; what is the call's own fault proves that the dependency answers.

    Args:
        now: epoch seconds. u: in [0, 1), for the jitter. spared: another stands in for it.
        awaited: requests wait for the probe. again: the same request failed before.
        rests: one that was just down is given rest at its first failure.
    """
    held = health.breaker
    sick = failure.kind in SICK
    if sick:
        after = breaker.failed(
            held, now, u, spared=spared, awaited=awaited, again=again, rests=rests
        )
    else:
        after = breaker.succeeded(held, now)
    span = backoff.hold_of(failure)
    longer = now + span > health.held or hold(health, now) == 0.0
    return replace(
        health,
        breaker=after,
        held=now + span if span and longer else health.held,
        span=span if span and longer else health.span,
        errors=(*health.errors, failure.kind)[-ERRORS:],
        failing=min(health.failing + 1, MOST),
        at=now,
    )


def retried(health: Health) -> Health | None:
    """One retry taken from the budget; None when it is spent."""
    return replace(health, budget=health.budget - 1.0) if health.budget >= 1.0 else None


def to_doc(health: Health) -> dict[str, Any]:
    """As JSON: numbers and classes of errors."""
    return {
        "breaker": {f.name: getattr(health.breaker, f.name) for f in fields(Breaker)},
        "latency": health.latency.to_doc(),
        "pace": health.pace.to_doc(),
        "held": [health.held, health.span],
        "errors": [kind.value for kind in health.errors],
        "failing": health.failing,
        "at": health.at,
    }


def from_doc(doc: Any) -> Health:
    """As `to_doc` wrote it; what an older or another version wrote is taken as far as it is known.

    >>> from_doc({"errors": ["server", "gremlins"], "breaker": {"row": -1}}).errors
    (<Kind.SERVER: 'server'>,)
    """
    if not isinstance(doc, Mapping):
        return Health()
    held = doc.get("held")
    pair = held if isinstance(held, list) and len(held) == 2 else (0.0, 0.0)
    errors = doc.get("errors")
    named = {kind.value: kind for kind in Kind}
    kept = [named[str(e)] for e in errors if str(e) in named] if isinstance(errors, list) else []
    return Health(
        breaker=_breaker(doc.get("breaker")),
        latency=baseline_of(doc.get("latency")),
        pace=baseline_of(doc.get("pace")),
        held=_number(pair[0]),
        span=min(_number(pair[1]), backoff.HOLD),
        errors=tuple(kept[-ERRORS:]),
        failing=int(min(_number(doc.get("failing")), MOST)),
        at=_number(doc.get("at")),
    )


def _breaker(doc: Any) -> Breaker:
    if not isinstance(doc, Mapping):
        return Breaker()
    given = {f.name: _number(doc.get(f.name)) for f in fields(Breaker)}
    return Breaker(
        row=int(min(given["row"], MOST)),
        window=int(given["window"]) & ((1 << breaker.WINDOW) - 1),
        trips=int(min(given["trips"], 30)),
        span=min(given["span"], breaker.LONGEST * (1.0 + breaker.JITTER)),
        until=given["until"],
        probe=given["probe"],
        since=given["since"],
        last=given["last"],
        weak=given["weak"],
    )


def _number(value: Any) -> float:
    """A finite number that is not negative; 0 for anything else."""
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if usable and math.isfinite(value) and value >= 0 else 0.0
