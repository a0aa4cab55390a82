"""Every store that the conformance suite runs over."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resmem_core.protocols import Store
from resmem_core.stores.sqlite import SqliteStore
from resmem_core.testing.conformance import Factory


def _sqlite_file(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / f"{uuid.uuid4().hex}.db")


def _sqlite_memory(tmp_path: Path) -> Store:
    return SqliteStore(":memory:")


def _qdrant_local(tmp_path: Path) -> Store:
    pytest.importorskip("qdrant_client")
    from resmem_core.stores.qdrant import QdrantStore

    return QdrantStore(":memory:")


def _qdrant_server(tmp_path: Path) -> Store:
    pytest.importorskip("qdrant_client")
    from resmem_core.stores.qdrant import QdrantStore

    return QdrantStore(os.environ["RESMEM_QDRANT_URL"], prefix=f"test_{uuid.uuid4().hex[:8]}")


def _qdrant_cluster(tmp_path: Path) -> Store:
    """A cluster of three replicas of its own, which goes with the store."""
    pytest.importorskip("qdrant_client")
    pytest.importorskip("qdrant_edge")
    from benchmarks.cluster import URL, Cluster, Transport
    from resmem_core.stores.qdrant import QdrantStore

    cluster = Cluster(3)

    class Own(QdrantStore):
        def close(self) -> None:
            super().close()
            cluster.close()

    return Own(URL, client={"transport": Transport(cluster)})


_server = pytest.mark.skipif(
    "RESMEM_QDRANT_URL" not in os.environ, reason="set RESMEM_QDRANT_URL to run on a server"
)


KINDS = [
    pytest.param(_sqlite_file, id="sqlite-file"),
    pytest.param(_sqlite_memory, id="sqlite-memory"),
    pytest.param(_qdrant_local, id="qdrant-local"),
    pytest.param(_qdrant_server, id="qdrant-server", marks=_server),
]


@pytest.fixture(params=[*KINDS, pytest.param(_qdrant_cluster, id="qdrant-cluster")])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Factory]:
    """Opens fresh, empty stores of one kind and closes them in the end."""
    yield from _opening(request, tmp_path)


@pytest.fixture(params=KINDS)
def quick_stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Factory]:
    """The same without the cluster, of which opening a hundred takes long."""
    yield from _opening(request, tmp_path)


def _opening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Factory]:
    opened: list[Any] = []

    def open_one() -> Store:
        opened.append(request.param(tmp_path))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()
