"""Where memories are kept: SQLite by default, Qdrant for scale, one protocol for both.

`__all__` is public; the modules below are private.
"""

from __future__ import annotations

import os

from resmem_core.errors import InputTypeError, StoreUnavailable
from resmem_core.protocols import Store
from resmem_core.stores.sqlite import SqliteStore

__all__ = ["SqliteStore", "open_store"]


def open_store(location: str | os.PathLike[str]) -> Store:
    """The store at a location.

    Args:
        location: a file path, ":memory:", or the http(s) address of a Qdrant server.

    Raises:
        StoreUnavailable: it cannot be opened or reached; the message names the location.
        NotOurStore, SchemaTooNew, StoreCorrupt: what is there cannot be used.
        MissingExtra: a Qdrant address, and qdrant-client is not installed.

    >>> open_store(":memory:").location
    ':memory:'
    """
    name = os.fspath(location) if isinstance(location, str | os.PathLike) else None
    if not isinstance(name, str):
        raise InputTypeError(
            f"a store's location is a path, ':memory:' or a URL, got {type(location).__name__}"
        )
    if name.startswith(("http://", "https://")):
        from resmem_core.stores.qdrant import QdrantStore  # noqa: PLC0415 - an extra

        replicas = os.environ.get("RESMEM_QDRANT_REPLICAS", "")
        return QdrantStore(
            name,
            api_key=os.environ.get("RESMEM_QDRANT_API_KEY"),
            replicas=int(replicas) if replicas.isdecimal() and int(replicas) else None,
        )
    if "://" in name:
        scheme = name.partition("://")[0]
        raise StoreUnavailable(
            f"no store for {scheme}:// locations; use a file path, ':memory:' or http(s)://"
        )
    return SqliteStore(name)
