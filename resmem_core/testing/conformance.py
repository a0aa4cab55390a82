"""`StoreConformance`: everything that a store promises, as tests to inherit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from resmem_core.protocols import Store
from resmem_core.testing._calls import AllOrNothing, Erasing, Handle, Turns
from resmem_core.testing._documents import Audit, Documents
from resmem_core.testing._model import Model
from resmem_core.testing._rows import Namespaces, Revisions, Rows

Factory: TypeAlias = Callable[[], Store]
"""Opens a fresh, empty store, another one at each call."""


class StoreConformance(
    Rows, Namespaces, Revisions, AllOrNothing, Turns, Documents, Audit, Erasing, Handle, Model
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
