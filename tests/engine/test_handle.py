"""An open memory and its sessions are handles: shared by copies, and pickled as where they lie."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from resmem_core import ResilientMemory
from resmem_core.errors import ConfigError

ADA = ("acme", "ada")


def test_a_copy_is_the_handle_itself() -> None:
    """Copied with a component, deeply or not: one store, one state."""
    with ResilientMemory.open(":memory:") as memory:
        session = memory.session("t", namespace=ADA)

        for handle in (memory, session):
            assert copy.copy(handle) is copy.deepcopy(handle) is handle


@pytest.mark.parametrize("place", ["file", ":memory:"])
def test_a_pickle_finds_the_open_memory(tmp_path: Path, place: str) -> None:
    """By its file, or by its name in this process; two of them in memory are two."""
    location = ":memory:" if place == ":memory:" else str(tmp_path / "m.db")
    with ResilientMemory.open(location) as memory, ResilientMemory.open(":memory:"):
        assert pickle.loads(pickle.dumps(memory)) is memory


def test_a_pickle_of_what_is_not_open_here_says_so(tmp_path: Path) -> None:
    """Nothing is opened behind anybody's back with other settings."""
    memory = ResilientMemory.open(tmp_path / "m.db")
    told = pickle.dumps(memory)
    memory.close()
    del memory

    with pytest.raises(ConfigError, match=r"m\.db'?: open it in this process first"):
        pickle.loads(told)
