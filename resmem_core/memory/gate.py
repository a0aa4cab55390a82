"""The write gate: keep a message iff its predicted value exceeds the shadow price of a slot."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from resmem_core.config.gate import GateConfig
from resmem_core.errors import ConfigError
from resmem_core.memory.features import FEATURES, INDEX, StreamContext, measure
from resmem_core.types import Decision, Memory, Message, Verdict, check_number

PRIOR: Final[Mapping[str, float]] = {
    "new_words": 3.0, "rare_words": 1.0, "names": 0.5, "numbers": 0.5, "time": 1.0,
    "first_person": 0.5, "second_person": -1.5, "asks": -0.5, "has_question": -0.5,
    "filler": -0.5, "length": 0.5, "event": 0.5, "possessive": 0.5, "affect": 0.25,
    "novelty": 0.5, "answers": 0.5, "image": 0.5, "user": 0.25, "untrusted": -0.5,
    "echoed": 0.5, "asked_about": 0.5,
}  # fmt: skip
"""Weights before anything was learnt: round numbers, each with its reason in docs/gate.md."""

BIAS: Final = -2.0
MICRO: Final = 1_000_000
SCALE: Final = 10_000

NOTHING: Final = Decision(Verdict.KEEP, "nothing to decide")
"""A decision about nothing; charging it changes nothing."""

_FAILED_CALL = re.compile(
    r"^\W*(?:Error:\s*)?Model call (?:failed after \d+ attempts?|limits? exceeded)", re.IGNORECASE
)
_NOT_STORED: Final = {
    "error": "error texts are never stored",
    "summary": "summaries are never stored",
    "recalled": "recalled text is never stored again",
}


@dataclass(frozen=True, slots=True)
class GateState:
    """The gate of one namespace: its model and its price. Only functions here make a new one.

    Attributes:
        config: the budget and the learning rates, as of this process; not stored.
        weights: one per feature, then the bias.
        history: recent values in ten-thousandths, the newest last.
        balance: slots saved up, in millionths: what the budget allowed less what was kept.
        decided, kept: how many messages were priced, and how many of them kept.
        lessons: how many lessons the model took in.
    """

    config: GateConfig
    weights: tuple[float, ...]
    history: tuple[int, ...] = ()
    balance: int = 0
    decided: int = 0
    kept: int = 0
    lessons: int = 0

    def to_doc(self) -> dict[str, Any]:
        """As JSON; `from_doc` is its inverse."""
        return {
            "weights": dict(zip((*FEATURES, "bias"), self.weights, strict=True)),
            "history": list(self.history),
            "balance": self.balance,
            "decided": self.decided,
            "kept": self.kept,
            "lessons": self.lessons,
        }


def prior() -> tuple[float, ...]:
    """The weights before anything was learnt, the bias last."""
    return (*(PRIOR[name] for name in FEATURES), BIAS)


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
        history = tuple(min(max(int(value), 0), SCALE) for value in doc["history"])
        counts = [int(doc[name]) for name in ("balance", "decided", "kept", "lessons")]
        for weight in weights:
            check_number("weight", weight)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"the stored gate state cannot be read ({type(error).__name__}); "
            "delete the document of kind 'gate' to start from the prior"
        ) from None
    return GateState(config, weights, history[-config.history :], *counts)


def screen(
    message: Message,
    text: str,
    scores: Mapping[str, float],
    *,
    safe_mode: bool = False,
    refused: Sequence[str] = (),
) -> Decision | None:
    """A drop for what is never stored, or None to go on.

    Args:
        message: its kind and role count, its text does not.
        text: cleaned and redacted.
        scores: the twelve neurochemicals.
        safe_mode: nothing is written while it is on.
        refused: further openings of texts that must never be stored, compared without case.
    """
    if safe_mode:
        return Decision(Verdict.DROP, "safe mode: nothing is written")
    if message.kind in _NOT_STORED:
        return Decision(Verdict.DROP, _NOT_STORED[message.kind])
    if message.role == "system":
        return Decision(Verdict.DROP, "system prompts are never stored")
    if not any(char.isalnum() for char in text):
        return Decision(Verdict.DROP, "empty text")
    opening = text.lstrip().casefold()
    if _FAILED_CALL.match(text) or any(opening.startswith(p.casefold()) for p in refused if p):
        return Decision(Verdict.DROP, "error texts are never stored")
    return None


def candidate(
    memory: Memory, near: Sequence[tuple[str, float, float]], stream: StreamContext
) -> tuple[float, ...]:
    """The features of a message as it arrives, each in [0, 1], in the order of `FEATURES`."""
    return measure(memory, near, stream)


def named(features: Sequence[float]) -> dict[str, float]:
    """The features by name."""
    return dict(zip(FEATURES, features, strict=True))


def value(state: GateState, features: Sequence[float], *, lift: float = 0.0) -> float:
    """Predicted value in [0, 1]: a logistic model over the features."""
    logit = lift + state.weights[-1]
    logit += sum(w * x for w, x in zip(state.weights, features, strict=False))
    return 1.0 / (1.0 + math.exp(-min(max(logit, -30.0), 30.0)))


def price(state: GateState, *, curiosity: float, config: GateConfig) -> float:
    """Shadow price of a slot: the quantile of recent values that leaves the budgeted share.

    Slots saved up lower it, slots overspent raise it (the integral part), and curiosity lowers it.
    """
    if config.keep >= 1.0 or not state.history:
        return 0.0
    share = config.keep + config.appetite * curiosity + state.balance / MICRO / config.slack * 0.1
    ordered = sorted(state.history)
    at = round((1.0 - min(max(share, 0.0), 1.0)) * (len(ordered) - 1))
    return ordered[at] / SCALE


def judge(
    state: GateState,
    features: Sequence[float],
    *,
    stress: float,
    curiosity: float,
    config: GateConfig,
) -> Decision:
    """Keep iff the value exceeds the price, within what the budget allows.

    Args:
        state: the gate.
        features: after hindsight.
        stress: in [0, 1]; raises the value of messages full of feeling.
        curiosity: in [0, 1]; lowers the price.
        config: the budget.

    Returns:
        A final Decision. Its value and price are in [0, 1].
    """
    lift = config.relief * stress * features[INDEX["affect"]]
    worth = value(state, features, lift=lift)
    cost = price(state, curiosity=curiosity, config=config)
    verdict, reason = _verdict(state, worth, cost, config)
    return Decision(verdict, reason, value=worth, price=cost, features=named(features))


def _verdict(
    state: GateState, worth: float, cost: float, config: GateConfig
) -> tuple[Verdict, str]:
    allowance = state.balance + round(config.keep * MICRO)
    half = (config.slack - 1) * MICRO // 2
    if config.keep >= 1.0:
        return Verdict.KEEP, f"worth {worth:.2f}; the budget keeps everything"
    if allowance - MICRO < -half:
        return Verdict.DROP, f"worth {worth:.2f}; the budget is spent"
    if allowance > half:
        return Verdict.KEEP, f"worth {worth:.2f}; the budget has room"
    gap = round(worth * SCALE) - round(cost * SCALE)
    if gap > 0 or (gap == 0 and 2 * allowance >= MICRO):
        return Verdict.KEEP, f"worth {worth:.2f} > price {cost:.2f}"
    return Verdict.DROP, f"worth {worth:.2f} <= price {cost:.2f}"


def charge(state: GateState, decision: Decision) -> GateState:
    """The gate after a verdict of `judge`; merges, refusals and pending items cost no slot."""
    if decision.verdict is Verdict.MERGE or not decision.final or not decision.features:
        return state
    kept = decision.verdict is Verdict.KEEP
    return replace(
        state,
        history=(*state.history, round(decision.value * SCALE))[-state.config.history :],
        balance=state.balance + round(state.config.keep * MICRO) - kept * MICRO,
        decided=state.decided + 1,
        kept=state.kept + kept,
    )


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
    weights = tuple(
        _step(w, own, config.learning_rate * weight * error * x, config.pull * weight, config.reach)
        for w, own, x in zip(state.weights, prior(), (*features, 1.0), strict=True)
    )
    return replace(state, weights=weights, lessons=state.lessons + 1)


def _step(weight: float, own: float, gradient: float, pull: float, reach: float) -> float:
    moved = weight + gradient
    moved += pull * (own - moved)
    return min(max(moved, own - reach), own + reach)
