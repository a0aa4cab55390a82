"""A memory that lives as long as the test."""

from collections.abc import Iterator

import pytest

from resmem_core import ResilientMemory


@pytest.fixture
def memory() -> Iterator[ResilientMemory]:
    with ResilientMemory.open(":memory:") as opened:
        yield opened
