"""The memory graph: worth that flows, activation that spreads."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.memory.sleep import graph
from resmem_core.types import Link

IDS = ["a", "b", "c", "d"]
edges = st.lists(
    st.builds(Link, st.sampled_from([*IDS, "nobody"]), st.just("cluster"), st.floats(0, 1)),
    max_size=3,
)
worths = st.lists(st.floats(0, 1), min_size=4, max_size=4).map(np.array)


@given(worths, st.lists(edges, min_size=4, max_size=4))
def test_worth_stays_between_the_smallest_and_the_largest(own, links) -> None:
    """What flows is a mean: nothing is made or lost beyond the bounds."""
    value = graph.value(own, IDS, links)

    assert (value >= own.min() - 1e-9).all()
    assert (value <= own.max() + 1e-9).all()


def test_an_item_without_links_keeps_its_own_worth() -> None:
    """Nobody speaks for it or against it."""
    own = np.array([0.1, 0.9, 0.2, 0.3])
    value = graph.value(own, IDS, [(Link("b", "next"),), (), (), ()])

    assert (value[2:] == own[2:]).all()
    assert value[0] > own[0]
    assert value[1] < own[1]
