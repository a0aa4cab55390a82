"""A console that runs, over a memory with something in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from resmem_core import ResilientMemory
from tests.serve.consoles import Running, fill, running


@pytest.fixture
def memory() -> Iterator[ResilientMemory]:
    with ResilientMemory.open(":memory:", keep=1.0, record=True) as opened:
        fill(opened)
        yield opened


@pytest.fixture
def console(memory: ResilientMemory) -> Iterator[Running]:
    with running(memory) as made:
        yield made
