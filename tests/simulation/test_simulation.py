"""Whatever fails, in whatever order: what was acknowledged holds. A seed that fails replays."""

from __future__ import annotations

from pathlib import Path

import pytest

from .world import World

STEPS = 25


def run(folder: Path, seed: int) -> World:
    world = World(folder / f"{seed}.db", seed)
    world.run(STEPS)
    return world


@pytest.mark.parametrize("tens", range(20))
def test_what_was_acknowledged_holds(tmp_path: Path, tens: int) -> None:
    """Two engines, one store, faults at every call: nothing lost, nothing back, nothing half."""
    worlds = [run(tmp_path, 10 * tens + one) for one in range(10)]
    assert sum(world.crashes for world in worlds)
    assert sum(world.errors for world in worlds)


@pytest.mark.nightly
@pytest.mark.parametrize("hundreds", range(100))
def test_what_was_acknowledged_holds_for_long(tmp_path: Path, hundreds: int) -> None:
    """The long form: 10,000 other seeds."""
    worlds = [run(tmp_path, 1_000 + 100 * hundreds + one) for one in range(100)]
    assert sum(world.crashes for world in worlds)
