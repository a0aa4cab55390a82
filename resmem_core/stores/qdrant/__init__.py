"""The store for scale: a Qdrant server. Not verified against a live server here.

The conformance suite runs over qdrant-client's local mode, which is a test double only, and over
a server when RESMEM_QDRANT_URL is set. A deleted memory's bytes leave a server's segments and log
when its optimiser has run; only SQLite promises that no byte is left after `erase`.
"""

from resmem_core.errors import missing_extra

try:
    from resmem_core.stores.qdrant.requests import Collections
    from resmem_core.stores.qdrant.store import QdrantStore
except ModuleNotFoundError as error:
    raise missing_extra("qdrant", "qdrant_client") from error

__all__ = ["Collections", "QdrantStore"]
