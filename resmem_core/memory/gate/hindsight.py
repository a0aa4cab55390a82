"""What the turns after a message say about it: the buffer's second look."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.memory.gate.features import (
    AT,
    FEATURES,
    HINDSIGHT,
    Features,
    StreamContext,
    measure,
    squash,
)
from resmem_core.memory.gate.turns import Antecedent, turn_of
from resmem_core.types import Memory

Array: TypeAlias = NDArray[np.float64]

_ECHOED: Final = tuple(squash(count, 2.0) for count in range(32))
_COLUMNS: Final = [AT[name] for name in HINDSIGHT]
WEIGHT: Final = 0.1
"""How much one look back counts, beside a credit lesson of full weight."""


def look_back(waiting: Sequence[Memory], stream: StreamContext) -> Array:
    """The features of every message in the buffer, given those after it; O(words).

    A message without features of this version is measured again; one that repeats were merged
    into counts as echoed in full.

    Args:
        waiting: the buffer, oldest first.
        stream: the namespace's statistics; what it remembers is not read again.

    Returns:
        Shape (len(waiting), len(FEATURES)), each value in [0, 1].
    """
    known = {turn.id: turn for turn in stream.recent}
    turns = [known.get(memory.id) or turn_of(memory) for memory in waiting]
    arrived = chain.from_iterable(
        memory.features if len(memory.features) == len(FEATURES) else measure(memory, (), stream)
        for memory in waiting
    )
    count = len(waiting) * len(FEATURES)
    rows = np.fromiter(arrived, dtype=np.float64, count=count).reshape(-1, len(FEATURES))
    if len(waiting):
        rows[:, _COLUMNS] = review(turns)
        rows[[len(memory.sources) > 1 for memory in waiting], AT["echoed"]] = 1.0
    return rows


def lesson(features: Sequence[float]) -> tuple[Features, float, float]:
    """What hindsight teaches the model: (features on arrival, target, weight).

    Being taken up again by later turns is the label; the model learns to foresee it, so the
    features of hindsight themselves are blanked.
    """
    target = 0.5 * (features[AT["echoed"]] + features[AT["asked_about"]])
    return filled(features, (0.0,) * len(HINDSIGHT)), target, WEIGHT


def filled(features: Sequence[float], seen: Sequence[float]) -> Features:
    """The features with those of hindsight replaced."""
    revised = list(features)
    for name, value in zip(HINDSIGHT, seen, strict=True):
        revised[AT[name]] = value
    return tuple(revised)


def review(turns: Sequence[Antecedent]) -> list[Features]:
    """For each turn, what those after it say about it, in the order of `HINDSIGHT`.

    `echoed` grows with the number of its uncommon stems that a later turn says again. The other
    three look at the next turn of its session, if somebody else speaks there: `reacted`, it opens
    like a reaction to news; `thanked`, it opens with thanks, so this turn was praise or help;
    `asked_about`, 1 when it asks about one of its stems and 0.5 when it asks anything.

    One pass from the newest to the oldest: O(words).
    """
    said: set[str] = set()
    reply: dict[str, Antecedent] = {}
    seen: list[Features] = []
    for turn in reversed(turns):
        echoes = len(turn.stems & said)
        seen.append((_ECHOED[min(echoes, 31)], *_replied(turn, reply.get(turn.session))))
        said.update(turn.stems)
        reply[turn.session] = turn
    return seen[::-1]


def _replied(turn: Antecedent, reply: Antecedent | None) -> Features:
    if reply is None or reply.author == turn.author:
        return (0.0, 0.0, 0.0)
    asked = 0.0
    if reply.asked is not None:
        asked = 0.5 if turn.stems.isdisjoint(reply.asked) else 1.0
    return (float(reply.reacts), float(reply.thanks), asked)
