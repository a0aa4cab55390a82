"""What is left out of a conversation that is too long for its model: what tools said long ago."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

KEPT: Final = (6, 1)
"""How many of the latest tool results stay at each step."""
CLEARED: Final = "[left out: the conversation is too long; call the tool again if this is needed]"
"""What stands in the place of a result."""
TOO_LONG: Final = (
    "the conversation is too long for this model, also without what tools said long ago: "
    "summarise or trim it, or give a fallback that holds more"
)

CROWDED: Final = 0.8
"""Share of what a model reads from which a conversation is taken for nearly too long."""


def relief(results: Sequence[int], used: float, limit: float | None) -> int:
    """The step that a conversation needs before the provider refuses it: 1 or none.

    Args:
        results: as for `cleared`. used: tokens of the last prompt; 0 where nobody counted.
        limit: tokens that the model reads; None where nobody knows.

    >>> relief(range(9), 7e3, 8e3), relief(range(6), 7e3, 8e3), relief(range(9), 7e3, None)
    (1, 0, 0)
    """
    crowded = limit is not None and used >= CROWDED * limit
    return 1 if crowded and cleared(results, 1) else 0


def cleared(results: Sequence[int], step: int) -> frozenset[int]:
    """Those of the results, by place in the conversation, that a step leaves out; none at step 0.

    >>> sorted(cleared([2, 5, 9], 2))
    [2, 5]
    """
    return frozenset(results[: -KEPT[step - 1]]) if step else frozenset()


def next_step(results: Sequence[int], step: int) -> int:
    """The next step that leaves out more than this one; this one where none does.

    >>> next_step([2, 5, 9], 0), next_step([2], 0), next_step(range(9), 1)
    (2, 0, 2)
    """
    now = cleared(results, step)
    further = range(step + 1, len(KEPT) + 1)
    return next((one for one in further if cleared(results, one) > now), step)
