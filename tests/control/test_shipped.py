"""What the shipped constants promise beyond what holds for any profile."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.config.profile import Profile
from resmem_core.control import controller
from resmem_core.control.authority import Change
from resmem_core.engine.base.clock import ManualClock
from resmem_core.engine.loop.control_loop import ControlLoop
from resmem_core.types import Mode, Signal

P = Profile.default()


@pytest.mark.parametrize("usual", [0.3, 1.5, 10.0, 40.0])
@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.45), st.floats(0, 1))
def test_good_turns_leave_every_knob_at_base_exactly(
    usual: float, seed: int, scatter: float, tools: float
) -> None:
    """Three hundred good turns: any speed, answers of any length, ordinary readings, some tools."""
    clock, rng = ManualClock(at=1.8e9), np.random.default_rng(seed)
    loop = ControlLoop(P, None, lambda _: False, clock.elapsed)
    for turn in range(300):
        clock.wait(usual + rng.exponential(20))
        loop.signal(
            Signal("provider_error", 0.0), Signal("truncation", 0.0), Signal("invalid_output", 0.0),
            Signal("success", 1.0), Signal("injection", 0.0), Signal("session_length", float(turn)),
            Signal("latency", usual * rng.lognormal(0, scatter)),
            Signal("novelty", float(np.clip(rng.normal(0.15, 0.05), 0, 2))),
            Signal("similarity", float(rng.normal(0.7, 0.05))),
        )  # fmt: skip
        if rng.random() < tools:
            loop.signal(Signal("tool_error", 0.0), Signal("tool_success", 1.0))
        column = loop.step().state.column

        assert np.array_equal(column[loop.trace[-1].state.at.knob], P.base)
        assert loop.change == Change()
        assert loop.mode in (Mode.NORMAL, Mode.SLEEP)


def test_a_settled_session_stands_at_base() -> None:
    """Calm is base, not beside it."""
    state = controller.settled(P)

    assert np.array_equal(state.column[state.at.knob], P.base)


def test_lasting_failure_leaves_the_dead_zone_and_comes_back() -> None:
    """After ten failed calls temperature is a tenth or more below yours; after calm it is yours."""
    loop = ControlLoop(P, None, lambda _: False, lambda: 0.0)
    for _ in range(10):
        loop.signal(Signal("provider_error"), Signal("success", 0.0))
        loop.step()
    hot = loop.change.temperature
    for _ in range(12):
        loop.signal(Signal("provider_error", 0.0), Signal("success", 1.0))
        loop.step()

    assert hot < -0.1
    assert loop.change.temperature == 0.0 or loop.trace[-1].breaker != "closed"
