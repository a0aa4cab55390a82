"""Sessions as the C kernel keeps them: arrays handed over once, ticked in place."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.heads import Head
from resmem_core.config.profile import Array, Profile
from resmem_core.kernel import binding
from resmem_core.kernel.binding import ok, readable, writable
from resmem_core.kernel.constants import compiled, head_struct

WORTHWHILE: Final = 2048
"""Sessions; fewer tick faster than a thread takes the work up."""
LINE: Final = 64
"""Bytes of a cache line; a tile begins on one."""


class Bound:
    """The arrays of a fleet as an `rsm_fleet`.

    Many sessions lie in tiles of RSM_LANES, [tiles, size, RSM_LANES]: what is ticked together
    lies in one piece of memory. One session is a tile of one.

    Attributes:
        struct: the rsm_fleet.
        dt: what its rates are for; `pace` changes it.
    """

    def __init__(
        self, profile: Profile, columns: Array, signals: Array, *, head: Head | None,
        values: Array | None, refused: NDArray[np.bool_], threads: int,
    ) -> None:  # fmt: skip
        self._profile, self._made = profile, compiled(profile)
        self._count = columns.shape[1]
        self._tiles = _pack(columns)
        self._head = None if head is None else head_struct(head)
        self._kept = [readable(signals), writable(refused, "unsigned char[]")]
        c = self.struct = binding.ffi.new("rsm_fleet *")
        c.profile, c.count = self._made.struct, self._count
        c.state = self._state = writable(self._tiles)
        c.signals, c.refused = self._kept
        if self._head is not None and values is not None:
            self._kept.append(writable(values))
            c.head, c.values = self._head[0], self._kept[-1]
        self.pace(1.0)
        self._ranges = _ranges(len(self._tiles), min(threads, self._count // WORTHWHILE))
        helpers = len(self._ranges) - 1
        self._pool = ThreadPoolExecutor(helpers) if helpers else None

    @property
    def columns(self) -> Array:
        """A copy of the states [size, sessions]."""
        rows = self._tiles[0] if self._count == 1 else self._tiles.swapaxes(0, 1)
        made: Array = rows.reshape(len(rows), -1)[:, : self._count].copy()
        return made

    def replace(self, columns: Array) -> None:
        """Put these states [size, sessions] in place of the present ones."""
        self._tiles[...] = _pack(columns)

    def pace(self, dt: float) -> None:
        """The length of the next ticks."""
        self.dt, self._rates = dt, self._made.rates(self._profile, dt)
        self.struct.rates = self._rates[0]

    def run(self, push: Array | None, seconds: float, safe: bool) -> bool:
        """One tick. False if there is only one session and it was refused.

        Raises:
            KernelError: the kernel refused the call itself.
        """
        pushed = None if push is None else readable(push)
        self.struct.push = binding.ffi.NULL if pushed is None else pushed
        try:
            status = self._one(seconds, safe) if self._count == 1 else self._many(seconds, safe)
        finally:
            self.struct.push = binding.ffi.NULL
        if status in binding.REFUSED:
            return False
        ok("tick", status)
        return True

    def _one(self, seconds: float, safe: bool) -> int:
        status: int = binding.lib.rsm_tick(self.struct, seconds, safe)
        return status

    def _many(self, seconds: float, safe: bool) -> int:
        """The caller's thread takes the first range of tiles."""
        first, *others = self._ranges
        if self._pool is None:
            return self._range(*first, seconds, safe)
        jobs = [self._pool.submit(self._range, *tiles, seconds, safe) for tiles in others]
        return max([self._range(*first, seconds, safe), *(job.result() for job in jobs)])

    def _range(self, first: int, last: int, seconds: float, safe: bool) -> int:
        """C releases the interpreter lock, so ranges run at the same time."""
        status: int = binding.lib.rsm_tick_many(self.struct, first, last, seconds, safe)
        return status


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ranges(tiles: int, parts: int) -> list[tuple[int, int]]:
    """All tiles as neighbouring ranges of about equal size, at least one."""
    if parts <= 1:
        return [(0, tiles)]
    parts = min(parts, tiles)
    cuts = [tiles * part // parts for part in range(parts + 1)]
    return list(pairwise(cuts))


def _pack(columns: Array) -> Array:
    """Columns [size, sessions] as aligned tiles [tiles, size, lanes]; the last column fills up."""
    size, count = columns.shape
    if count == 1:
        return columns.reshape(1, size, 1).copy()
    lanes = binding.lib.RSM_LANES
    tiles = -(-count // lanes)
    packed = _aligned((tiles, size, lanes))
    full = count // lanes
    rows = packed.swapaxes(0, 1)
    rows[:, :full] = columns[:, : full * lanes].reshape(size, full, lanes)
    if full < tiles:
        left = count - full * lanes
        rows[:, full, :left] = columns[:, full * lanes :]
        rows[:, full, left:] = columns[:, -1:]
    return packed


def _aligned(shape: tuple[int, ...]) -> Array:
    """Float64 of that shape, beginning on a cache line."""
    size = prod(shape)
    room = np.empty(size + LINE // 8)
    skip = -room.ctypes.data % LINE // 8
    made: Array = room[skip : skip + size].reshape(shape)
    return made
