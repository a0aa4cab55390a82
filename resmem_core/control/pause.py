"""Silence is rest: hormones fade by the clock as well as by turns."""

from __future__ import annotations

from typing import Final

import numpy as np

from resmem_core import kernel
from resmem_core.config.profile import Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.control.state import ControlState

TURN: Final = 60.0
"""Seconds of silence that are as long as a turn."""
LEAST: Final = 120.0
"""Seconds that are a pause; what is shorter is the time that a turn takes."""
LONGEST: Final = 1e6
STEPS: Final = 16
"""Uneventful ticks that a pause is made of at most: enough to come from any mode to normal."""


def paused(state: ControlState, profile: Profile, seconds: float) -> ControlState:
    """The state after so many seconds in which nothing was asked; a clock that jumps back is none.

    >>> from resmem_core.control import controller
    >>> profile = Profile.default()
    >>> calm = controller.settled(profile)
    >>> paused(calm, profile, 60.0) is calm
    True
    """
    if not seconds >= LEAST:
        return state
    seconds = min(seconds, LONGEST)
    count = min(STEPS, int(seconds / TURN))
    nothing, column = np.full(len(SIGNALS), np.nan), state.column
    for _ in range(count):
        column = kernel.step(
            profile, column, nothing, dt=seconds / TURN / count, seconds=seconds / count
        )
    return ControlState(column, state.hormones)
