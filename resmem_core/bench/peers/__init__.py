"""Add and search beside other memory layers, in one run with one embedder."""

from resmem_core.bench.peers.command import peers

__all__ = ["peers"]
