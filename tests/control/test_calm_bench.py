"""`resmem bench calm`: while nothing fails, nothing is done."""

from __future__ import annotations

import pytest

from benchmarks import calm


@pytest.mark.parametrize("usual", calm.SPEEDS)
def test_there_is_no_false_alarm_at_any_speed(usual: float) -> None:
    """No mode, no knob, no request, no tool and no answer is touched, through a real session."""
    found = calm.played(usual, seed=7, turns=40)

    assert set(found) == set(calm.COUNTED)
    assert not any(found.values())
