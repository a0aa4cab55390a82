"""Value heads: V(h) of hormone levels."""

from __future__ import annotations

import numpy as np

from resmem_core.config.heads import Head
from resmem_core.config.profile import Array
from resmem_core.errors import KernelError
from resmem_core.kernel import binding
from resmem_core.kernel.binding import numbers, ok, readable, writable
from resmem_core.kernel.constants import head_struct
from resmem_core.kernel.reference import heads as reference


def value(head: Head, levels: Array) -> Array:
    """V of each row of levels [count, n].

    Raises:
        KernelError: a wrong shape, or a number that is not finite or beyond 1e6.
    """
    rows = numbers("value", levels, np.float64)
    if rows.ndim != 2 or rows.shape[1] != head.n or len(rows) == 0:
        raise KernelError(f"levels must have shape (count, {head.n}), got {rows.shape}")
    if binding.lib is None:
        return reference.value(head, rows)
    struct, _buffers = head_struct(head)
    out = np.empty(len(rows))
    ok("value", binding.lib.rsm_value(struct, len(rows), writable(out), readable(rows)))
    return out
