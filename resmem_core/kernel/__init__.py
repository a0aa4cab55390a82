"""The numeric kernel: one typed function per C function.

C where the extension was built, the NumPy reference of the same name where it was not; the
results agree to the last bits. Status codes stop here: what the kernel refuses is a KernelError,
and nothing was changed.

    binding      the extension, and what crosses the border to it
    constants    a profile, the rates of a dt and a value head as C structs
    tick         the whole tick, of one session and of many
    heads        value heads
    recall       scan, match words, spread, order and fuse scores; late interaction
    reference    all of it in NumPy

Private.
"""

from resmem_core.kernel.binding import COMPILED
from resmem_core.kernel.heads import value
from resmem_core.kernel.recall import around, bm25, fuse, late, scan, scan_codes, tally, top
from resmem_core.kernel.tick import bounded, margins, start, step, tick

__all__ = [
    "COMPILED", "around", "bm25", "bounded", "fuse", "late", "margins", "scan", "scan_codes",
    "start", "step", "tally", "tick", "top", "value",
]  # fmt: skip
