"""`StoreConformance`: everything that a store promises, as tests to inherit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from resmem_core.protocols import Store
from resmem_core.testing._calls import CallTests, ErasingTests, HandleTests, WriteTurnTests
from resmem_core.testing._documents import AuditTests, DocumentTests
from resmem_core.testing._model import ModelTests
from resmem_core.testing._rows import NamespaceTests, RevisionTests, RowTests

Factory: TypeAlias = Callable[[], Store]
"""Opens a fresh, empty store, another one at each call."""


class StoreConformance(
    RowTests,
    NamespaceTests,
    RevisionTests,
    CallTests,
    WriteTurnTests,
    DocumentTests,
    AuditTests,
    ErasingTests,
    HandleTests,
    ModelTests,
):
    """Derive a `Test…` class and override the fixture `factory`; pytest runs the rest.

    The tests use no network and need no other fixture. What a store does with a full disk, a fork
    or a crash is its own to test.
    """

    @pytest.fixture
    def factory(self) -> Factory:
        """Opens a fresh, empty store, another one at each call: to be overridden."""
        raise NotImplementedError("override the fixture `factory`: it opens a fresh, empty store")

    @pytest.fixture
    def store(self, factory: Factory) -> Iterator[Any]:
        """A fresh, empty store, closed in the end."""
        made = factory()
        yield made
        made.close()
