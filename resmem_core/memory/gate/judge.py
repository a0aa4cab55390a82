"""The write gate: keep a message iff its predicted value exceeds the shadow price of a slot."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from resmem_core.config.gate import GateConfig
from resmem_core.memory.gate import hindsight
from resmem_core.memory.gate.extracts import within_budget
from resmem_core.memory.gate.features import AT, FEATURES, Features, StreamContext, measure
from resmem_core.memory.gate.model import (
    MICRO,
    PRIOR,
    SCALE,
    GateState,
    contributions,
    explain,
    from_doc,
    learn,
    prior,
    start,
    value,
    values,
)
from resmem_core.memory.gate.price import follow, left_over, price, take
from resmem_core.memory.gate.spared import doubted, spared
from resmem_core.types import Decision, Memory, Message, Verdict

__all__ = [
    "NOTHING",
    "PRIOR",
    "GateState",
    "Judged",
    "candidate",
    "charge",
    "contributions",
    "explain",
    "from_doc",
    "judge",
    "learn",
    "named",
    "price",
    "prior",
    "screen",
    "settle",
    "start",
    "value",
]

NOTHING: Final = Decision(Verdict.KEEP, "nothing to decide")
"""A decision about nothing; charging it changes nothing."""

_FAILED_CALL: Final = re.compile(
    r"\W*(?:error:\s*)?(?:model call|tool(?: call)?(?: '[^']{1,80}')?)"
    r" (?:failed after \d+ attempts?|limits? exceeded)",
    re.IGNORECASE,
)
"""What LangChain's retry and limit middleware puts into a conversation as if a model said it."""
FEW: Final = 16
"""Messages kept below which a store holds too little to weigh one fact against another ..."""
MOST: Final = 2 / 3
"""... for who keeps at least this share: four slots at `keep=0.75`, less than the slack."""
HALF: Final = 0.5
_NOT_STORED: Final = {
    "error": "error texts are never stored",
    "summary": "summaries are never stored",
    "recalled": "recalled text is never stored again",
}


def screen(message: Message, text: str) -> Decision | None:
    """A drop for what is never stored, or None to go on.

    Args:
        message: its kind and role count, its text does not.
        text: cleaned and redacted.
    """
    if message.kind in _NOT_STORED:
        return Decision(Verdict.DROP, _NOT_STORED[message.kind])
    if message.role == "system":
        return Decision(Verdict.DROP, "system prompts are never stored")
    if not any(char.isalnum() for char in text):
        return Decision(Verdict.DROP, "empty text")
    if _FAILED_CALL.match(text):
        return Decision(Verdict.DROP, "error texts are never stored")
    return None


def candidate(
    memory: Memory, near: Sequence[tuple[str, float, float]], stream: StreamContext
) -> Features:
    """The features of a message as it arrives, each in [0, 1], in the order of `FEATURES`."""
    return measure(memory, near, stream)


def named(features: Sequence[float]) -> dict[str, float]:
    """The features by name; none when they were measured by another version."""
    return dict(zip(FEATURES, features, strict=True)) if len(features) == len(FEATURES) else {}


def judge(
    state: GateState,
    features: Sequence[float],
    *,
    stress: float,
    curiosity: float,
    config: GateConfig,
    peers: Sequence[float] = (),
    credit: float = 0.0,
) -> Decision:
    """Keep iff the value exceeds the price, within what the budget allows.

    Args:
        state: the gate.
        features: after hindsight, in the order of `FEATURES`.
        stress: in [0, 1]; raises the value of messages that sound like trouble.
        curiosity: in [0, 1]; lowers the price.
        config: the budget.
        peers: predicted values of the messages that still wait in the buffer.
        credit: in [-1, 1]; a message that already helped while it was in the buffer is worth more.

    Returns:
        A final Decision. Its value and price are in [0, 1].
    """
    waiting = [round(peer * SCALE) for peer in peers]
    around = sorted((*state.history, *waiting))
    beside = sorted((*state.outside, *waiting))
    cost = _cost(state, around, beside, curiosity, config, out=_outside(features))
    lift = config.relief * stress * features[AT["alarm"]] + config.helped * credit
    return _priced(state, features, lift, cost, config)


def _priced(
    state: GateState, features: Sequence[float], lift: float, cost: float, config: GateConfig
) -> Decision:
    worth = value(state, features, lift=lift)
    few = state.kept < FEW and config.keep >= MOST and _tells(features)
    verdict, why = _verdict(state, worth, cost, config, few=few, outside=_outside(features))
    reason = f"{why}: {_because(state, features)}"
    return Decision(verdict, reason, value=worth, price=cost, features=named(features))


def _cost(
    state: GateState,
    around: Sequence[int],
    beside: Sequence[int],
    curiosity: float,
    config: GateConfig,
    *,
    out: bool,
) -> float:
    """The price for a person's message, or for what competes for the rest of the budget."""
    if not out:
        return price(state, around, config.keep, curiosity=curiosity, config=config)
    share = left_over(around, config.keep)
    return price(state, beside, share, curiosity=curiosity, config=config)


def _outside(features: Sequence[float]) -> bool:
    """No trusted person says it: it takes what they leave of the budget."""
    return features[AT["untrusted"]] > 0 or features[AT["user"]] <= 0


def _tells(features: Sequence[float]) -> bool:
    """A person says something of their own: no question, no courtesy, no "ok"."""
    idle = max(features[AT["question"]], features[AT["courtesy"]])
    return features[AT["user"]] > 0 and features[AT["own_news"]] > 0 and idle < HALF


def _verdict(
    state: GateState, worth: float, cost: float, config: GateConfig, *, few: bool, outside: bool
) -> tuple[Verdict, str]:
    """The account comes first: its bounds are the promise, the price only steers within them.

    What no person says may not overdraw it.
    """
    allowance = state.balance + round(config.keep * MICRO)
    bound = round(config.slack * MICRO / 2)
    gap = round(worth * SCALE) - round(cost * SCALE)
    if config.keep >= 1.0:
        return Verdict.KEEP, f"worth {worth:.2f}, the budget keeps everything"
    if allowance - MICRO < (0 if outside else -bound):
        return Verdict.DROP, f"worth {worth:.2f}, the budget is spent"
    if allowance > bound:
        return Verdict.KEEP, f"worth {worth:.2f}, the budget has room"
    if gap > 0 or (gap == 0 and 2 * allowance >= MICRO):
        sign, room = (">", "") if gap > 0 else ("=", ", and a slot is free")
        return Verdict.KEEP, f"worth {worth:.2f} {sign} price {cost:.2f}{room}"
    if few:
        return Verdict.KEEP, f"worth {worth:.2f}, there is little to choose from yet"
    return Verdict.DROP, f"worth {worth:.2f} <= price {cost:.2f}"


def _because(state: GateState, features: Sequence[float]) -> str:
    """The two features that moved the value most."""
    moved = sorted(contributions(state, features).items(), key=lambda item: -abs(item[1]))
    return ", ".join(f"{name} {push:+.1f}" for name, push in moved[:2])


def charge(state: GateState, decision: Decision) -> GateState:
    """The gate after a verdict of `judge` that competed for a slot.

    Merges, refusals, pending items and newer versions of a stored fact did not.
    """
    merged = decision.verdict is Verdict.MERGE
    if merged or not decision.final or not decision.features or decision.replaces:
        return state
    kept = decision.verdict is Verdict.KEEP
    worth, most = round(decision.value * SCALE), state.config.history
    outside = _outside([decision.features.get(name, 0.0) for name in FEATURES])
    return replace(
        state,
        history=(*state.history, 0 if outside else worth)[-most:],
        outside=(*state.outside, worth)[-most:] if outside else state.outside,
        balance=state.balance + round(state.config.keep * MICRO) - kept * MICRO,
        decided=state.decided + 1,
        kept=state.kept + kept,
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """A message that left the buffer, its features after hindsight, and its verdict."""

    memory: Memory
    features: Features
    decision: Decision


def settle(
    state: GateState,
    due: Sequence[Memory],
    buffered: Sequence[Memory],
    stream: StreamContext,
    *,
    stress: float,
    curiosity: float,
    config: GateConfig,
    stored: Container[str] = (),
) -> tuple[GateState, list[Judged]]:
    """Verdicts for what leaves the buffer, oldest first, each ranked among those after it.

    The values that they are ranked among are sorted once, however many messages leave.

    Args:
        state: the gate.
        due: the messages that leave.
        buffered: everything in the buffer, `due` included.
        stream: the namespace's statistics; it remembers the buffer's turns.
        stress, curiosity: in [0, 1].
        config: the budget.
        stored: ids of the namespace's memories.

    Returns:
        The next state, and one `Judged` per due message.
    """
    waiting = sorted(buffered, key=lambda memory: (memory.seq, memory.id))
    rows = hindsight.look_back(waiting, stream)
    lifts = config.relief * stress * rows[:, AT["alarm"]]
    lifts += config.helped * np.array([memory.credit for memory in waiting])
    peers = [round(worth * SCALE) for worth in values(state, rows, lifts)]
    strange = [_outside(row) for row in rows]
    inner = [0 if out else peer for peer, out in zip(peers, strange, strict=True)]
    outer = [peer for peer, out in zip(peers, strange, strict=True) if out]
    around, beside = sorted((*state.history, *inner)), sorted((*state.outside, *outer))
    leaving = {memory.id for memory in due}
    undecided = {memory.id for memory in waiting}
    judged = []
    for memory, features, lift, peer, out in zip(waiting, rows, lifts, peers, strange, strict=True):
        take(around, 0 if out else peer)
        if out:
            take(beside, peer)
        if memory.id not in leaving:
            continue
        row = tuple(features.tolist())
        cost = _cost(state, around, beside, curiosity, config, out=out)
        kept = [i for i in doubted(memory) if i in stored and i not in undecided]
        doubts = bool(kept) and not row[AT["restates"]]
        decision = spared(memory, _priced(state, row, float(lift), cost, config), doubts=doubts)
        charged = charge(state, decision)
        follow(around, state.history, charged.history)
        follow(beside, state.outside, charged.outside)
        state = learn(charged, *hindsight.lesson(row))
        state, held, decision = within_budget(state, memory, decision, stream)
        judged.append(Judged(held, row, decision))
        if decision.verdict is Verdict.KEEP:
            undecided.discard(memory.id)
    return state, judged
