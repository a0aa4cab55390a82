"""The shadow price of a slot, and the values in order that it is read from."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

from resmem_core.config.gate import GateConfig
from resmem_core.memory.gate.model import MICRO, SCALE, GateState


def price(
    state: GateState, around: Sequence[int], *, curiosity: float, config: GateConfig
) -> float:
    """Shadow price of a slot: the quantile of values near in time that leaves the allowed share.

    The share is the budget, plus the slots saved up spread over the horizon (the integral part),
    plus the appetite of a curious state. O(1).

    Args:
        state: the gate.
        around: values in ten-thousandths, ascending: those judged last and those of the peers that
            wait in the buffer.
        curiosity: in [0, 1].
        config: the budget.
    """
    if config.keep >= 1.0 or not around:
        return 0.0
    share = config.keep + config.appetite * curiosity + state.balance / MICRO / config.horizon
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
