"""The shadow price of a slot, and the values in order that it is read from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from resmem_core.config.gate import GateConfig
from resmem_core.memory.gate.model import MICRO, SCALE, GateState


def left_over(around: Sequence[int], keep: float) -> float:
    """The share of what no person says that a budget has room for, after what people say.

    Args:
        around: values in ten-thousandths, ascending; 0 for what no person says.
        keep: the budget.

    >>> left_over([0, 0, 7000, 8000], 0.75), left_over([0, 0, 7000, 8000], 0.25)
    (0.5, 0.0)
    """
    people = (len(around) - bisect_right(around, 0)) / max(1, len(around))
    return max(0.0, keep - people) / (1.0 - people) if people < 1.0 else keep


def price(
    state: GateState,
    around: Sequence[int],
    share: float,
    *,
    curiosity: float,
    config: GateConfig,
) -> float:
    """Shadow price of a slot: the quantile of values near in time that leaves the allowed share.

    That is the share, plus the slots saved up spread over the horizon (the integral part),
    plus the appetite of a curious state. O(1).

    Args:
        state: the gate.
        around: values in ten-thousandths, ascending: those judged last and those of the peers that
            wait in the buffer.
        share: that may be kept of what competes here, in [0, 1].
        curiosity: in [0, 1].
        config: the budget.
    """
    if config.keep >= 1.0 or not around:
        return 0.0
    share += config.appetite * curiosity + state.balance / MICRO / config.horizon
    at = round((1.0 - min(max(share, 0.0), 1.0)) * (len(around) - 1))
    return around[at] / SCALE


def take(around: list[int], one: int) -> None:
    """Take one value out of an ascending list that holds it."""
    del around[bisect_left(around, one)]


def follow(around: list[int], before: Sequence[int], after: Sequence[int]) -> None:
    """Let an ascending list that holds one history hold the next one."""
    if after is not before:
        insort(around, after[-1])
        for one in before[: len(before) + 1 - len(after)]:
            take(around, one)
