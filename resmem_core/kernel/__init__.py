"""The numeric kernel: one typed function per C function.

C where the extension was built, the NumPy reference of the same name where it was not; the
results agree to the last bits. Status codes stop here: what the kernel refuses is a KernelError,
and nothing was changed.

    binding      the extension, and what crosses the border to it
    equations    equations (1) to (5), one at a time
    constants    a profile, the rates of a dt and a value head as C structs
    fleet        the whole tick, of one session and of many
    heads        value heads
    recall       scan, order and fuse scores
    reference    all of it in NumPy
"""

from resmem_core.kernel.binding import COMPILED
from resmem_core.kernel.equations import compose, decay, intake, limit
from resmem_core.kernel.fleet import Fleet, start, tick
from resmem_core.kernel.heads import value
from resmem_core.kernel.recall import fuse, scan, scan_codes, top

__all__ = [
    "COMPILED", "Fleet", "compose", "decay", "fuse", "intake", "limit", "scan", "scan_codes",
    "start", "tick", "top", "value",
]  # fmt: skip
