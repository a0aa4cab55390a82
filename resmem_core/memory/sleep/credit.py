"""Which recalled memories helped: an outcome's reward, spread over what was in the context."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from resmem_core.memory.text.sentences import stems
from resmem_core.types import Memory, Outcome
from resmem_core.types.changed import changed

RATE: Final = 0.2
"""Largest change of a memory's credit by one outcome."""
DECAY: Final = 0.7
"""Share of credit left per step between the recall and the outcome: lambda of TD(lambda)."""
UNSHARED: Final = 0.25
"""Share of its rank's credit that a memory gets whose words the answer does not use."""
TTL_SPAN: Final = 180 * 86_400.0
"""Seconds by which full credit prolongs an item's life, and full blame shortens it."""
VALUE_SPAN: Final = 0.5
"""How far full credit moves an item's value."""


@dataclass(frozen=True, slots=True)
class ContextItem:
    """One memory that was in a context.

    Args:
        id: the memory.
        rank: position among the hits, from 0.
        score: recall's score.
        age: steps since that recall, from 0.
    """

    id: str
    rank: int
    score: float
    age: int = 0


def reward_of(outcome: Outcome) -> float | None:
    """How good an outcome was, in [-1, 1]; None when it says nothing about the answer.

    The mean of what is known of success, quality and safety (each from [0, 1] to [-1, 1]) and
    feedback.
    """
    shares = (outcome.success, outcome.quality, outcome.safety)
    known = [2.0 * float(share) - 1.0 for share in shares if share is not None]
    if outcome.feedback is not None:
        known.append(outcome.feedback)
    return sum(known) / len(known) if known else None


def overlap(text: str, answer: str) -> float:
    """Share of the text's uncommon stems that the answer uses, in [0, 1]."""
    own = _stems(text)
    return len(own & _stems(answer)) / len(own) if own else 0.0


@lru_cache(maxsize=512)
def _stems(text: str) -> frozenset[str]:
    """A text is in the context of several outcomes in a row."""
    return frozenset(stems(text))


def assign(
    context: Sequence[ContextItem],
    reward: float,
    answer: str | None,
    texts: Mapping[str, str],
    used: Iterable[str] | None,
) -> dict[str, float]:
    """How much each memory's credit changes by, in [-RATE, RATE].

    share = DECAY^age / log2(2 + rank) * use, where use is 1 for a memory known to have helped (0
    for the others, if the caller knows), else it grows with the overlap with the answer. A memory
    of several contexts keeps its largest share (a replacing trace).

    Args:
        context: what was recalled since, newest and older steps.
        reward: in [-1, 1].
        answer: the answer's text, if known.
        texts: the memories' texts by id.
        used: ids that the caller knows to have helped, if it knows.
    """
    helped = None if used is None else frozenset(used)
    shares: dict[str, float] = {}
    uses = {ident: _use(ident, answer, texts, helped) for ident in {item.id for item in context}}
    for item in context:
        place = DECAY ** max(item.age, 0) / math.log2(2 + max(item.rank, 0))
        share = place * uses[item.id]
        shares[item.id] = max(shares.get(item.id, 0.0), share)
    bounded = min(max(reward, -1.0), 1.0)
    return {ident: RATE * bounded * share for ident, share in shares.items()}


def _use(
    ident: str, answer: str | None, texts: Mapping[str, str], helped: frozenset[str] | None
) -> float:
    if helped is not None:
        return float(ident in helped)
    if answer is None:
        return UNSHARED
    return UNSHARED + (1.0 - UNSHARED) * overlap(texts.get(ident, ""), answer)


def apply(memory: Memory, delta: float, now: float | None = None) -> Memory:
    """The memory after a change of credit: credit, value, lifetime and uses move, all bounded.

    Credit moves by `delta` times the room that is left on that side, so it never leaves [-1, 1].
    Value and lifetime follow the change itself: over any history they moved by at most
    VALUE_SPAN and TTL_SPAN from where they were. `now` is when it was used, in epoch seconds.
    """
    room = 1.0 - memory.credit if delta >= 0 else 1.0 + memory.credit
    credit = min(max(memory.credit + delta * room, -1.0), 1.0)
    moved = credit - memory.credit
    value = min(max(memory.state.value + VALUE_SPAN * moved, 0.0), 1.0)
    return changed(
        memory,
        credit=credit,
        uses=memory.uses + 1,
        used_at=memory.used_at if now is None else max(now, memory.used_at or now),
        expires=memory.expires + TTL_SPAN * moved,
        state=changed(memory.state, value=value),
    )
