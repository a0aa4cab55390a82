"""Whatever fails, in whatever order: what was acknowledged holds. A seed that fails replays."""

from __future__ import annotations

from pathlib import Path

import pytest

from .world import World

STEPS = 22


def run(folder: Path, seed: int, steps: int = STEPS) -> World:
    world = World(folder / f"{seed}.db", seed)
    world.run(steps)
    return world


@pytest.mark.parametrize("tens", range(20))
def test_what_was_acknowledged_holds(tmp_path: Path, tens: int) -> None:
    """Two engines, two namespaces, faults at every call: nothing lost, back, half or astray."""
    worlds = [run(tmp_path, 10 * tens + one) for one in range(10)]
    assert sum(world.crashes for world in worlds)
    assert sum(world.errors for world in worlds)


@pytest.mark.nightly
@pytest.mark.parametrize("hundreds", range(100))
def test_what_was_acknowledged_holds_for_long(tmp_path: Path, hundreds: int) -> None:
    """The long form: 10,000 other seeds."""
    worlds = [run(tmp_path, 1_000 + 100 * hundreds + one, 25) for one in range(100)]
    assert sum(world.crashes for world in worlds)


def over_a_cluster(folder: Path, seed: int, steps: int) -> int:
    """How many requests the network lost."""
    pytest.importorskip("qdrant_client")
    pytest.importorskip("qdrant_edge")
    from .cluster import ClusterWorld

    world = ClusterWorld(folder / f"{seed}.db", seed)
    world.run(steps)
    return world.lost


def test_what_was_acknowledged_holds_on_a_cluster(tmp_path: Path) -> None:
    """Three replicas, of which one at times is cut off; requests lost, repeated and late."""
    assert sum(over_a_cluster(tmp_path, seed, 8) for seed in range(4))


@pytest.mark.nightly
@pytest.mark.parametrize("tens", range(100))
def test_what_was_acknowledged_holds_on_a_cluster_for_long(tmp_path: Path, tens: int) -> None:
    """The long form: 1,000 other seeds."""
    assert sum(over_a_cluster(tmp_path, 1_000 + 10 * tens + one, 15) for one in range(10))


@pytest.mark.parametrize("seed", [1195, 6005, 10418])
def test_seeds_that_found_a_fault_hold(tmp_path: Path, seed: int) -> None:
    """Links to what sleep dropped; bytes in unused space; links that a copy brought back."""
    world = run(tmp_path, seed, 25)  # which looks after every step

    assert world.told.texts
    assert world.told.held.isdisjoint(world.told.forgotten)


@pytest.mark.parametrize("seed", range(3))
def test_a_seed_replays(tmp_path: Path, seed: int) -> None:
    """Twice the same steps, crashes and errors, so that a failing seed can be looked at."""
    for name in "ab":
        (tmp_path / name).mkdir()
    one, other = (run(tmp_path / name, seed) for name in "ab")

    assert one.told == other.told
    assert (one.crashes, one.errors, one.given_up) == (other.crashes, other.errors, other.given_up)
