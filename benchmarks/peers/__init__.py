"""Add and search beside other memory layers, in one run with one embedder."""

from benchmarks.peers.command import peers

__all__ = ["peers"]
