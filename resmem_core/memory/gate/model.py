"""The gate's state and its value model: a logistic model with a documented prior that learns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.gate import GateConfig
from resmem_core.errors import ConfigError
from resmem_core.memory.gate.features import FEATURES
from resmem_core.types import Decision, check_number

Array: TypeAlias = NDArray[np.float64]

PRIOR: Final[Mapping[str, float]] = {
    "own_news": 4.0, "other_news": 1.0, "specifics": 1.0, "time": 3.0, "dated": 1.0, "event": 0.5,
    "first_person": 0.5, "second_person": -0.5, "question": -0.5, "courtesy": -0.5,
    "affect": 0.25, "alarm": 0.25, "novelty": 1.0, "answers": 1.0, "late": -1.0, "image": 0.5,
    "user": 6.0, "decides": 3.0, "outcome": 3.0, "restates": -3.0, "untrusted": -0.5, "echoed": 0.5,
    "reacted": 0.5, "thanked": -0.5, "asked_about": 0.5,
}  # fmt: skip
"""Weights before anything was learnt: round numbers, each with its reason in docs/gate.md."""

BIAS: Final = -6.0
_PRIOR: Final = (*(PRIOR[name] for name in FEATURES), BIAS)
MICRO: Final = 1_000_000
"""Accounts are kept in millionths of a slot: integers, so that nothing drifts."""
SCALE: Final = 10_000
"""Past values are kept in ten-thousandths."""


@dataclass(frozen=True, slots=True)
class GateState:
    """The gate of one namespace: its model and its price. Only functions here make a new one.

    Attributes:
        config: the budget and the learning rates, as of this process; not stored.
        weights: one per feature, then the bias.
        history: recent values in ten-thousandths, the newest last; 0 for what no trusted person
            says, which competes with no person's words.
        balance: slots saved up, in millionths: what the budget allowed less what was kept.
        decided, kept: how many messages were priced, and how many of them kept.
        lessons: how many lessons the model took in.
        outside: recent values of what no trusted person says, which competes among itself.
        saved: bytes of text saved up, or owed where below 0.
    """

    config: GateConfig
    weights: tuple[float, ...]
    history: tuple[int, ...] = ()
    balance: int = 0
    decided: int = 0
    kept: int = 0
    lessons: int = 0
    outside: tuple[int, ...] = ()
    saved: int = 0

    def to_doc(self) -> dict[str, Any]:
        """As JSON; `from_doc` is its inverse."""
        return {
            "weights": dict(zip((*FEATURES, "bias"), self.weights, strict=True)),
            "history": list(self.history),
            "balance": self.balance,
            "decided": self.decided,
            "kept": self.kept,
            "lessons": self.lessons,
            "outside": list(self.outside),
            "saved": self.saved,
        }


def prior() -> tuple[float, ...]:
    """The weights before anything was learnt, the bias last."""
    return _PRIOR


def start(config: GateConfig) -> GateState:
    """A gate that has seen nothing."""
    return GateState(config, prior())


def from_doc(doc: Mapping[str, Any], config: GateConfig) -> GateState:
    """The state of a stored document; features it does not know start at their prior.

    Raises:
        ConfigError: the document is not a gate's state.
    """
    try:
        stored = doc["weights"]
        weights = tuple(
            min(max(float(stored.get(name, own)), own - config.reach), own + config.reach)
            for name, own in zip((*FEATURES, "bias"), prior(), strict=True)
        )
        history, outside = (
            tuple(min(max(int(value), 0), SCALE) for value in past)[-config.history :]
            for past in (doc["history"], doc.get("outside", ()))
        )
        counts = [int(doc[name]) for name in ("balance", "decided", "kept", "lessons")]
        saved = int(doc.get("saved", 0))
        for weight in weights:
            check_number("weight", weight)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConfigError(
            f"the stored gate state cannot be read ({type(error).__name__}); "
            "delete the document of kind 'gate' to start from the prior"
        ) from None
    bound = round(config.slack * MICRO / 2)
    balance, decided, kept, lessons = counts
    balance = min(max(balance, -bound), bound)
    return GateState(config, weights, history, balance, decided, kept, lessons, outside, saved)


def value(state: GateState, features: Sequence[float], *, lift: float = 0.0) -> float:
    """Predicted value in [0, 1]: a logistic model over the features."""
    logit = lift + state.weights[-1]
    logit += sum(w * x for w, x in zip(state.weights, features, strict=False))
    return 1.0 / (1.0 + math.exp(-min(max(logit, -30.0), 30.0)))


def values(state: GateState, rows: Array, lifts: Array | float = 0.0) -> list[float]:
    """`value` of many feature vectors at once.

    Args:
        state: the gate.
        rows: shape (n, len(FEATURES)).
        lifts: added to the logits, shape (n,) or one for all.
    """
    logits = rows @ np.array(state.weights[:-1]) + state.weights[-1] + lifts
    worths: list[float] = (1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))).tolist()
    return worths


def contributions(state: GateState, features: Sequence[float]) -> dict[str, float]:
    """What each feature adds to the logit of the value."""
    return {
        name: weight * x for name, weight, x in zip(FEATURES, state.weights, features, strict=False)
    }


def learn(state: GateState, features: Sequence[float], target: float, weight: float) -> GateState:
    """One lesson: the item turned out to be worth `target`.

    A step of the logistic gradient, bounded by `learning_rate`, then a pull back to the prior; no
    weight ever leaves prior ± reach.

    Args:
        target: in [0, 1]. weight: of the lesson, in [0, 1].
    """
    config = state.config
    weight = check_number("weight", weight, 0, 1)
    error = check_number("target", target, 0, 1) - value(state, features)
    rate, pull, reach = config.learning_rate * weight * error, config.pull * weight, config.reach
    weights = []
    for held, own, x in zip(state.weights, _PRIOR, (*features, 1.0), strict=True):
        moved = held + rate * x
        moved += pull * (own - moved)
        least, most = own - reach, own + reach
        weights.append(least if moved < least else most if moved > most else moved)
    return replace(state, weights=tuple(weights), lessons=state.lessons + 1)


def explain(decision: Decision, state: GateState | None = None) -> list[tuple[str, float, float]]:
    """Why a decision came out as it did: rows (feature, its value, what it added to the logit).

    The largest push first; rows of a decision that was not priced are empty.

    Args:
        decision: one of `judge`, or of the audit log.
        state: the gate then or now; the prior when None.
    """
    pushes = (
        {}
        if not decision.features
        else contributions(
            state or start(GateConfig()), [decision.features.get(name, 0.0) for name in FEATURES]
        )
    )
    rows = [(name, decision.features.get(name, 0.0), push) for name, push in pushes.items()]
    return sorted(rows, key=lambda row: -abs(row[2]))
