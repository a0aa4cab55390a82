"""The whole tick: of one session, which is what a control loop runs, and of many."""

from __future__ import annotations

from typing import Any

import numpy as np

from resmem_core.config.layout import layout
from resmem_core.config.profile import Array, Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.errors import KernelError
from resmem_core.kernel import binding
from resmem_core.kernel.binding import numbers, ok, readable, writable
from resmem_core.kernel.constants import Compiled, compiled
from resmem_core.kernel.reference import margins as reference_margins
from resmem_core.kernel.reference import tick as reference
from resmem_core.types import KNOBS

Margins = tuple[float, ...]
"""One number for each bound, negative where it does not hold."""


def start(profile: Profile, sessions: int, phase: float = 0.0) -> Array:
    """States [size, sessions] at rest; `config.layout` names the rows."""
    return reference.start(profile, sessions, phase)


def step(
    profile: Profile, state: Array, signals: Array, push: Array | None = None,
    *, dt: float = 1.0, seconds: float = 1.0, safe: bool = False,
) -> Array:  # fmt: skip
    """The next state [size] of one session; `state` is not changed.

    The profile and the rates of this dt are bound to C once; a tick passes three arrays.

    Args:
        profile: the constants.
        state: [size], contiguous float64, as a column of `start` or this function made it.
        signals: raw values [S], contiguous float64, NaN where missing.
        push: [n], contiguous float64, added to the impulses before they are bounded.
        dt: ticks, in [0, 1e6]. seconds: wall-clock seconds, for the breaker, in [0, 1e6].
        safe: the kill switch is on.

    Raises:
        KernelError: shapes that do not fit, an infinity, a NaN in the state, a value out of range.
    """
    return bounded(profile, state, signals, push, dt=dt, seconds=seconds, safe=safe)[0]


def bounded(
    profile: Profile, state: Array, signals: Array, push: Array | None = None,
    *, dt: float = 1.0, seconds: float = 1.0, safe: bool = False,
) -> tuple[Array, Margins | None]:  # fmt: skip
    """`step`, and the `margins` of it: two calls of C on arrays that cross the border once."""
    if binding.lib is None:
        pushed = None if push is None else push[:, None]
        columns = (state[:, None], signals[:, None], pushed)
        after = tick(profile, *columns, dt=dt, seconds=seconds, safe=safe)[:, 0]
        return after, reference_margins.margins(profile, state, after, dt=dt, safe=safe)
    made = compiled(profile)
    if not (_fits(state, made.size) and _fits(signals, len(SIGNALS))):
        raise KernelError(f"a state needs {made.size} float64 in a row, signals {len(SIGNALS)}")
    if push is not None and not _fits(push, profile.n):
        raise KernelError(f"a push needs {profile.n} float64 in a row, got {push.shape}")
    _check_times(dt, seconds)
    after_: Array = state.copy()
    out = writable(after_)
    pushed = binding.ffi.NULL if push is None else readable(push)
    rates = made.rates(profile, dt)  # held while C reads it: others may push it out of the cache
    status = binding.lib.rsm_tick(
        made.struct, rates[0], out, readable(signals), pushed, seconds, safe
    )
    ok("tick", status)
    return after_, _margins(made, rates[0], readable(state), out, safe)


def margins(
    profile: Profile, before: Array, after: Array, *, dt: float = 1.0, safe: bool = False
) -> Margins | None:
    """How far the tick from one state [size] to another stayed inside its bounds, negative: not.

    Returns:
        S2 cap, S3 rate, S3 range, S1 drift, S1 bucket, S4 dwell; None if a number is not finite.
    """
    if binding.lib is None:
        return reference_margins.margins(profile, before, after, dt=dt, safe=safe)
    made = compiled(profile)
    if not (_fits(before, made.size) and _fits(after, made.size)):
        raise KernelError(f"margins need two states of {made.size} float64 in a row")
    rates = made.rates(profile, dt)
    return _margins(made, rates[0], readable(before), readable(after), safe)


def _fits(array: Array, size: int) -> bool:
    """C reads `size` doubles from where the array begins, whatever it holds."""
    return array.shape == (size,) and array.dtype == np.float64 and array.flags.c_contiguous


def _margins(made: Compiled, rates: Any, before: Any, after: Any, safe: bool) -> Margins | None:
    out = binding.ffi.new("double[]", binding.lib.RSM_BOUNDS)
    status = binding.lib.rsm_margins(made.struct, rates, before, after, safe, out)
    if status in binding.REFUSED:
        return None
    ok("margins", status)
    return tuple(binding.ffi.unpack(out, binding.lib.RSM_BOUNDS))


def tick(
    profile: Profile, state: Array, signals: Array, push: Array | None = None,
    *, dt: float = 1.0, seconds: float = 1.0, safe: bool = False,
) -> Array:  # fmt: skip
    """The next states [size, sessions] of many sessions; `state` is not changed.

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
    size = layout(profile.n, len(SIGNALS), len(KNOBS)).size
    columns = _columns("state", state, size)
    raw = _columns("signals", signals, len(SIGNALS), columns.shape[1])
    pushed = None if push is None else _columns("push", push, profile.n, columns.shape[1])
    _check_times(dt, seconds)
    made = _numpy if binding.lib is None else _compiled
    after, refused = made(profile, columns, raw, pushed, dt, seconds, safe)
    if refused.any():
        first = int(np.flatnonzero(refused)[0])
        raise KernelError(
            f"tick refused session {first}: a signal, push or state is infinite, NaN or out of "
            "its range; nothing was changed"
        )
    return after


def _numpy(
    profile: Profile, state: Array, signals: Array, push: Array | None,
    dt: float, seconds: float, safe: bool,
) -> tuple[Array, Any]:  # fmt: skip
    refused = reference.refused(profile, state, signals, push)
    if refused.any():
        return state, refused
    return reference.tick(profile, state, signals, push, dt=dt, seconds=seconds, safe=safe), refused


def _compiled(
    profile: Profile, state: Array, signals: Array, push: Array | None,
    dt: float, seconds: float, safe: bool,
) -> tuple[Array, Any]:  # fmt: skip
    """C takes the sessions one after the other, each in one piece."""
    made = compiled(profile)
    rows = np.array(state.T, order="C")
    refused = np.zeros(len(rows), dtype=np.bool_)
    raw = np.ascontiguousarray(signals.T)
    pushed = None if push is None else np.ascontiguousarray(push.T)
    rates = made.rates(profile, dt)
    status = binding.lib.rsm_tick_many(
        made.struct, rates[0], len(rows), writable(rows), readable(raw),
        binding.ffi.NULL if pushed is None else readable(pushed), seconds, safe,
        writable(refused, "unsigned char[]"),
    )  # fmt: skip
    ok("tick", status)
    return np.ascontiguousarray(rows.T), refused


def _check_times(dt: float, seconds: float) -> None:
    if not (0.0 <= dt <= 1e6 and 0.0 <= seconds <= 1e6):
        raise KernelError(f"dt and seconds must be from 0 to 1e6, got {dt} and {seconds}")


def _columns(what: str, value: Any, size: int, sessions: int | None = None) -> Array:
    """Numbers as float64 [size, sessions], or a KernelError."""
    made: Array = numbers("tick", value, np.float64)
    fits = made.ndim == 2 and made.shape[0] == size and made.shape[1] > 0
    if not fits or (sessions is not None and made.shape[1] != sessions):
        raise KernelError(f"{what} must have shape ({size}, {sessions or 'sessions'})")
    return made
