"""A Qdrant cluster on this machine: the engine's own shards behind the server's REST calls.

`Cluster` holds the replicas, `serve` answers on a loopback port, `Transport` answers within the
process. Only the calls that our store makes are understood. The engine is the `qdrant-edge-py`
wheel; replication, consistency, strict mode and faults are modelled here after the public
documents, so that this is no proof of how a live cluster behaves (see docs/how-to).
"""

from benchmarks.cluster.cluster import Cluster
from benchmarks.cluster.serve import URL, Transport, serve
from benchmarks.cluster.strict import Strict

__all__ = ["URL", "Cluster", "Strict", "Transport", "serve"]
