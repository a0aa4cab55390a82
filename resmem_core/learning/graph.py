"""The hormone graph with a global node, and the identity that a head on it needs.

On a complete graph with self loops the normalised adjacency is J / N, of rank one: a convolution
with shared weights sees nothing but the mean, whatever is concatenated to the nodes afterwards
(the tests show it). Identity has to enter by multiplication, before nodes are added up.
"""

from __future__ import annotations

import numpy as np

from resmem_core.config.heads import GraphHead
from resmem_core.config.profile import Array, Profile

WEAKEST = 1e-3
"""A learned edge weaker than this share of the strongest is left out."""


def complete(nodes: int) -> Array:
    """Adjacency [nodes, nodes] of the complete graph with self loops."""
    return np.ones((nodes, nodes))


def hormone_graph(profile: Profile) -> Array:
    """Who tells whom [n + 1, n + 1]: lateral couplings, and the global node with everybody.

    Row i names the nodes that node i hears; the last node is the global one.
    """
    n = profile.n
    graph = np.zeros((n + 1, n + 1))
    graph[:n, :n] = profile.lateral != 0
    np.fill_diagonal(graph, 0.0)
    graph[n, :n] = graph[:n, n] = 1.0
    return graph


def normalized(adjacency: Array) -> Array:
    """D^-½ A D^-½ (Kipf & Welling 2017); an isolated node keeps zeros."""
    degree = adjacency.sum(axis=1)
    scale = np.zeros_like(degree)
    np.divide(1.0, np.sqrt(degree), out=scale, where=degree > 0)
    out: Array = scale[:, None] * adjacency * scale
    return out


def pruned(head: GraphHead) -> GraphHead:
    """The head without the edges that carry next to nothing."""
    size = np.abs(head.a)
    kept = np.where(size >= WEAKEST * size.max(initial=0.0), head.a, 0.0)
    return GraphHead(head.e, head.c, kept, head.u, head.v, head.s, head.r, head.t, head.r0)
