"""What is left out of a conversation that is too long: old results first, the latest never."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resmem_core.health.overflow import KEPT, cleared, next_step

places = st.lists(st.integers(0, 500), unique=True, max_size=60).map(sorted)


@given(places, st.integers(0, len(KEPT)))
def test_the_latest_result_stays_and_each_step_leaves_out_more(results, step):
    """No step clears the newest result, none less than the one before."""
    further = next_step(results, step)

    assert not results or results[-1] not in cleared(results, step)
    assert cleared(results, step) <= cleared(results, further)
    assert further == step or cleared(results, step) < cleared(results, further)


@given(places)
def test_it_ends(results):
    """After as many steps as there are, nothing more is left out."""
    step = 0
    for _ in range(len(KEPT)):
        step = next_step(results, step)

    assert next_step(results, step) == step
