"""Value heads in NumPy."""

from __future__ import annotations

import numpy as np

from resmem_core.config.heads import GraphHead, Head, MlpHead
from resmem_core.config.profile import Array
from resmem_core.kernel.reference.equations import need


def value(head: Head, levels: Array) -> Array:
    """V of each row of levels [count, n]."""
    need("value", -1e6, 1e6, levels)
    return _mlp(head, levels) if isinstance(head, MlpHead) else _graph(head, levels)


def _mlp(head: MlpHead, levels: Array) -> Array:
    hidden = np.maximum(levels @ head.w1.T + head.b1, 0.0)
    out: Array = head.b2 + hidden @ head.w2
    return out


def _graph(head: GraphHead, levels: Array) -> Array:
    nodes = np.concatenate([levels, levels.mean(axis=1, keepdims=True)], axis=1)
    z = np.maximum(head.e * nodes[:, :, None] + head.c, 0.0)
    told = head.a @ z
    y = np.maximum(z @ head.u.T + told @ head.v.T + head.s, 0.0)
    out: Array = head.r0 + np.sum(head.r * y + head.t * z, axis=(1, 2))
    return out
