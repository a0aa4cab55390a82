"""The whole tick, of one session and of many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.heads import Head
from resmem_core.config.layout import layout
from resmem_core.config.profile import Array, Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.errors import KernelError
from resmem_core.kernel import binding
from resmem_core.kernel.binding import doubles, numbers
from resmem_core.kernel.bound import Bound, cores
from resmem_core.kernel.reference import heads as reference_heads
from resmem_core.kernel.reference import tick as reference
from resmem_core.types import KNOBS


def start(profile: Profile, sessions: int, phase: float = 0.0) -> Array:
    """States [size, sessions] at rest; `config.layout` names the rows."""
    return reference.start(profile, sessions, phase)


def tick(
    profile: Profile, state: Array, signals: Array, push: Array | None = None,
    *, dt: float = 1.0, seconds: float = 1.0, safe: bool = False,
) -> Array:  # fmt: skip
    """The next states [size, sessions]; `state` is not changed.

    Args:
        profile: the constants.
        state: [size, sessions], as `start` or `tick` made it.
        signals: raw values [S, sessions], NaN where missing.
        push: [n, sessions], added to the impulses before they are bounded.
        dt: ticks, in [0, 1e6]. seconds: wall-clock seconds, for the breaker, in [0, 1e6].
        safe: the kill switch is on.

    Raises:
        KernelError: shapes that do not fit, an infinity, a NaN in the state, a value out of
            range; the message names the first session that was refused.
    """
    fleet = Fleet(profile, state=state, signals=signals, threads=1)
    refused = fleet.tick(push, dt=dt, seconds=seconds, safe=safe)
    if refused.any():
        first = int(np.flatnonzero(refused)[0])
        raise KernelError(
            f"tick refused session {first}: a signal, push or state is infinite, NaN or out of "
            "its range; nothing was changed"
        )
    return fleet.columns


class Fleet:
    """Many sessions ticked in place, for simulations and servers. Not thread-safe.

    The C kernel ticks as many ranges of the sessions at once as there are `threads`, where there
    are enough sessions to be worth it; the result is the same to the last bit.

    Args:
        profile: the constants.
        sessions: how many, when no state is given.
        head: a value head, run with every tick.
        state: [size, sessions] to begin with; it is copied. At rest when None.
        signals: [S, sessions], used as it is when it is a contiguous float64 array.
        threads: 1 or more; as many as this process may use cores when None.

    Attributes:
        signals: [S, sessions], what the next tick takes in; NaN where missing.
        values: [sessions], the value head's output after a tick, or None without a head.

    Raises:
        KernelError: shapes that do not fit, or no threads.
    """

    def __init__(
        self, profile: Profile, sessions: int = 1, *, head: Head | None = None,
        state: Array | None = None, signals: Array | None = None, threads: int | None = None,
    ) -> None:  # fmt: skip
        if threads is not None and threads < 1:
            raise KernelError(f"threads must be at least 1, got {threads}")
        if head is not None and head.n != profile.n:
            raise KernelError(
                f"the value head reads {head.n} hormones, the profile has {profile.n}"
            )
        self.profile, self.head = profile, head
        columns = start(profile, sessions) if state is None else _columns(profile, state)
        self._count = columns.shape[1]
        self.signals = _signals(self._count, signals)
        self.values = None if head is None else np.zeros(self._count)
        self._refused = np.zeros(self._count, dtype=np.bool_)
        if binding.lib is None:
            self._x = columns.copy()
            return
        bound = self._bound = Bound(
            profile, columns, self.signals, head=head, values=self.values, refused=self._refused,
            threads=cores() if threads is None else threads,
        )  # fmt: skip
        # what `tick` needs of one session, at hand: each look-up costs as much as the arithmetic
        self._one = binding.lib.rsm_tick if self._count == 1 else None
        self._struct, self._dt = bound.struct, bound.dt
        self._good = np.zeros(1, dtype=np.bool_)

    _one: Any = None

    @property
    def columns(self) -> Array:
        """A copy of the states [size, sessions]."""
        return self._x.copy() if binding.lib is None else self._bound.columns

    @property
    def state(self) -> Array:
        """A read-only copy of the states [size, sessions]; assign to replace them all."""
        columns = self.columns
        columns.flags.writeable = False
        return columns

    @state.setter
    def state(self, value: Array) -> None:
        columns = _columns(self.profile, value)
        if columns.shape[1] != self._count:
            raise KernelError(f"state must have {self._count} sessions, got {columns.shape[1]}")
        if binding.lib is None:
            self._x = columns.copy()
        else:
            self._bound.replace(columns)

    def tick(
        self, push: Array | None = None, *, dt: float = 1.0, seconds: float = 1.0,
        safe: bool = False,
    ) -> NDArray[np.bool_]:  # fmt: skip
        """One tick of every session.

        Returns:
            [sessions] True where a session's input was refused; it is exactly as it was.

        Raises:
            KernelError: push has a wrong shape, or dt or seconds is outside [0, 1e6].
        """
        short = self._one is not None and push is None and dt == self._dt
        if short and not self._one(self._struct, seconds, safe):
            return self._good
        return self._tick(push, dt, seconds, safe)

    def _tick(self, push: Array | None, dt: float, seconds: float, safe: bool) -> NDArray[np.bool_]:
        if not (0.0 <= dt <= 1e6 and 0.0 <= seconds <= 1e6):
            raise KernelError(f"dt and seconds must be from 0 to 1e6, got {dt} and {seconds}")
        if push is not None:
            (push,) = doubles("tick", (self.profile.n, self._count), (push,))
        if binding.lib is None:
            return self._tick_numpy(push, dt, seconds, safe)
        if dt != self._dt:
            self._bound.pace(dt)
            self._dt = dt
        good = self._bound.run(push, seconds, safe)
        if self._count > 1:
            return self._refused
        return self._good if good else ~self._good

    def _tick_numpy(
        self, push: Array | None, dt: float, seconds: float, safe: bool
    ) -> NDArray[np.bool_]:
        at = layout(self.profile.n, len(SIGNALS), len(KNOBS))
        self._refused = reference.refused(self.profile, self._x, self.signals, push)
        good = ~self._refused
        if good.any():
            self._x[:, good] = reference.tick(
                self.profile, self._x[:, good], self.signals[:, good],
                None if push is None else push[:, good], dt=dt, seconds=seconds, safe=safe,
            )  # fmt: skip
        if self.head is not None and self.values is not None:
            self.values[good] = reference_heads.value(self.head, self._x[at.level][:, good].T)
        return self._refused


def _columns(profile: Profile, state: Any) -> Array:
    """States as float64 [size, sessions], or a KernelError."""
    size = layout(profile.n, len(SIGNALS), len(KNOBS)).size
    columns: Array = numbers("tick", state, np.float64)
    if columns.ndim != 2 or columns.shape[0] != size or columns.shape[1] == 0:
        raise KernelError(f"state must have shape ({size}, sessions), got {columns.shape}")
    return columns


def _signals(count: int, signals: Any) -> Array:
    """Signals as float64 [S, sessions], or a KernelError; all missing when None."""
    if signals is None:
        return np.full((len(SIGNALS), count), np.nan)
    made: Array = numbers("tick", signals, np.float64)
    if made.shape != (len(SIGNALS), count):
        raise KernelError(f"signals must have shape {(len(SIGNALS), count)}, got {made.shape}")
    return made
