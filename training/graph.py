"""What a trained graph head is shipped without."""

from __future__ import annotations

from typing import Final

import numpy as np

from resmem_core.config.heads import GraphHead

WEAKEST: Final = 1e-3
"""A learned edge weaker than this share of the strongest is left out."""


def pruned(head: GraphHead) -> GraphHead:
    """The head without the edges that carry next to nothing."""
    size = np.abs(head.a)
    kept = np.where(size >= WEAKEST * size.max(initial=0.0), head.a, 0.0)
    return GraphHead(head.e, head.c, kept, head.u, head.v, head.s, head.r, head.t, head.r0)
