"""Latency is judged by the deployment's own past."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.control.latency import WARM, Usual, judged


def usual(seconds: float, spread: float = 0.2, calls: int = 60) -> Usual:
    """The baseline after calls around this long."""
    rng, made = np.random.default_rng(1), Usual()
    for _ in range(calls):
        made, _ = judged(made, seconds * rng.lognormal(0, spread))
    return made


@pytest.mark.parametrize("seconds", [0.02, 0.3, 1.5, 10, 40, 600])
def test_slow_is_not_sick(seconds: float) -> None:
    """What is usual says nothing at any speed; ten times as long counts in full at each."""
    past = usual(seconds)

    assert abs(float(judged(past, seconds)[1])) < 0.15
    assert float(judged(past, 10 * seconds)[1]) == 1.0
    assert float(judged(past, seconds / 10)[1]) == -1.0


def test_a_cold_baseline_says_nothing() -> None:
    """The first calls only teach."""
    past, found = Usual(), []
    for _ in range(WARM + 1):
        past, far = judged(past, 40.0)
        found.append(float(far))

    assert all(map(math.isnan, found[:WARM]))
    assert found[WARM] == 0.0


def test_one_hung_call_moves_the_baseline_little() -> None:
    """After a call of an hour the usual ones are still usual."""
    past, _ = judged(usual(1.5), 3600.0)

    assert abs(float(judged(past, 1.5)[1])) < 0.2


@given(st.lists(st.one_of(st.just(math.nan), st.floats(0, 1e9)), max_size=60))
def test_many_at_once_are_judged_as_each_alone(seconds: list[float]) -> None:
    """Arrays and single numbers agree, every verdict is in [-1, 1] or no word."""
    one, many = Usual(), Usual(*np.zeros((3, 2)))
    for value in seconds:
        one, alone = judged(one, value)
        many, both = judged(many, np.array([value, 1.0]))
        assert np.array_equal(both[0], alone, equal_nan=True)
        assert math.isnan(alone) or -1.0 <= alone <= 1.0
