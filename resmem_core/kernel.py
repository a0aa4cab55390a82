"""The numeric kernel: one typed function per C function.

C where the extension was built, the NumPy reference of the same name where it was not; the
results agree to the last bits. Status codes stop here: what the kernel refuses is a KernelError,
and nothing was changed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from resmem_core import _reference, _reference_tick
from resmem_core.config.heads import Head, MlpHead
from resmem_core.config.layout import layout
from resmem_core.config.profile import LAYERS, RETRIES, Array, Profile
from resmem_core.config.signals import INDEX, SIGNALS
from resmem_core.errors import KernelError
from resmem_core.types import KNOBS

try:
    from resmem_core._kernel import ffi, lib
except ImportError:  # installed without a C compiler
    ffi = lib = None
    warnings.warn(
        "the C kernel of resilient-memory was not built, so the slower NumPy reference runs; "
        "install a C compiler (Debian/Ubuntu: apt install gcc python3-dev; macOS: "
        "xcode-select --install), then run  pip install --force-reinstall --no-deps "
        "--no-binary resilient-memory resilient-memory",
        RuntimeWarning,
        stacklevel=2,
    )

__all__ = [
    "COMPILED", "Fleet", "compose", "decay", "fuse", "intake", "limit", "scan", "start", "tick",
    "top", "value",
]  # fmt: skip

Floats: TypeAlias = NDArray[np.float32]
WORTHWHILE: Final = 2048  # sessions; fewer tick faster than a thread takes the work up
COMPILED: Final = lib is not None
"""True when the C kernel runs, False on the NumPy reference."""

_REASONS: Final = {
    1: "a size is zero or over its limit",
    2: "an array is missing",
    3: "a number is NaN or infinite",
    4: "a number is out of its range",
    5: "the profile or value head was not accepted",
    6: "an output overlaps another array",
}
_BITS: Final = {layer: 1 << i for i, layer in enumerate(LAYERS)}


def _ok(what: str, status: int) -> None:
    if status:
        raise KernelError(f"{what} refused its input: {_REASONS[status]}; nothing was changed")


def _in(array: NDArray[Any], kind: str = "double[]") -> Any:
    return ffi.from_buffer(kind, array)


def _out(array: NDArray[Any], kind: str = "double[]") -> Any:
    return ffi.from_buffer(kind, array, require_writable=True)


def _doubles(what: str, shape: tuple[int, ...], arrays: Iterable[Any]) -> list[Array]:
    """Contiguous float64 arrays of one shape, or a KernelError."""
    given = [_array(what, array, np.float64) for array in arrays]
    for array in given:
        if array.shape != shape:
            raise KernelError(f"{what} needs arrays of shape {shape}, got {array.shape}")
    return given


def _array(what: str, value: Any, kind: Any) -> Any:
    try:
        return np.ascontiguousarray(value, dtype=kind)
    except (TypeError, ValueError) as error:
        raise KernelError(f"{what} needs numbers: {error}") from error


def decay(level: Array, baseline: Array, half_life: Array, dt: float) -> Array:
    """Equation (1): levels [n] in [0, 1] after `dt` ticks without impulses.

    Raises:
        KernelError: shapes differ, a level outside [0, 1], half_life <= 0, dt outside [0, 1e6].
    """
    given = (level, baseline, half_life)
    level, baseline, half_life = _doubles("decay", np.shape(level), given)
    if lib is None:
        return _reference.decay(level, baseline, half_life, dt)
    out = np.empty_like(level)
    inputs = (_in(level), _in(baseline), _in(half_life))
    _ok("decay", lib.rsm_decay(out.size, _out(out), *inputs, dt))
    return out


def intake(
    level: Array, smoothed: Array, bucket: Array, impulse: Array,
    beta: Array, sigma: Array, rho: Array, dt: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Equations (2) and (3): levels, smoothed impulses and buckets [n] after an impulse.

    Raises:
        KernelError: shapes differ, or a number outside the ranges in cdeps/resmem.h.
    """
    given = (level, smoothed, bucket, impulse, beta, sigma, rho)
    arrays = _doubles("intake", np.shape(level), given)
    level, smoothed, bucket, impulse, beta, sigma, rho = arrays
    if lib is None:
        return _reference.intake(level, smoothed, bucket, impulse, beta, sigma, rho, dt)
    outs = [array.copy() for array in arrays[:3]]
    status = lib.rsm_intake(outs[0].size, *map(_out, outs), *map(_in, arrays[3:]), dt)
    _ok("intake", status)
    return outs[0], outs[1], outs[2]


def compose(
    level: Array, baseline: Array, base: Array, delta: Array,
    w0: Array, g: Array, dead: Array, p: Array, q: int,
) -> Array:  # fmt: skip
    """Equation (4): where each of m knobs should be, in [0, 1]; delta and g are [m, n].

    Raises:
        KernelError: shapes that do not fit, or a number outside the ranges in cdeps/resmem.h.
    """
    per_hormone = _doubles("compose", np.shape(level), (level, baseline, w0, dead, p))
    (knobs,) = _doubles("compose", np.shape(base), (base,))
    matrices = _doubles("compose", (knobs.size, per_hormone[0].size), (delta, g))
    level, baseline, w0, dead, p = per_hormone
    delta, g = matrices
    if lib is None:
        return _reference.compose(level, baseline, knobs, delta, w0, g, dead, p, q)
    out = np.empty_like(knobs)
    inputs = (level, baseline, knobs, delta, w0, g, dead, p)
    _ok("compose", lib.rsm_compose(level.size, out.size, _out(out), *map(_in, inputs), q))
    return out


def limit(
    target: Array, knob: Array, hold: Array, cautious: Array,
    rate_safe: Array, rate_free: Array, dwell: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """Equation (5): the next knobs [m] and ticks since each last moved to its safe side.

    Raises:
        KernelError: shapes differ, or a number outside the ranges in cdeps/resmem.h.
    """
    given = (target, knob, hold, cautious, rate_safe, rate_free, dwell)
    arrays = _doubles("limit", np.shape(target), given)
    if lib is None:
        return _reference.limit(*arrays)
    outs = [arrays[1].copy(), arrays[2].copy()]
    inputs = (arrays[0], *arrays[3:])
    _ok("limit", lib.rsm_limit(outs[0].size, *map(_out, outs), *map(_in, inputs)))
    return outs[0], outs[1]


# -- the whole tick


def start(profile: Profile, sessions: int, phase: float = 0.0) -> Array:
    """States [size, sessions] at rest; `config.layout` names the rows."""
    return _reference_tick.start(profile, sessions, phase)


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
    fleet = Fleet(profile, state=np.array(_array("tick", state, np.float64)), signals=signals)
    refused = fleet.tick(push, dt=dt, seconds=seconds, safe=safe)
    if refused.any():
        first = int(np.flatnonzero(refused)[0])
        raise KernelError(
            f"tick refused session {first}: a signal, push or state is infinite, NaN or out of "
            "its range; nothing was changed"
        )
    return fleet.state


class _Compiled:
    """A profile as the C struct, its arrays kept alive, and the rates of recent dt."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile_arrays(profile)
        self._rates: dict[float, tuple[Any, list[Any]]] = {}
        c = self.struct = ffi.new("rsm_profile *")
        c.n, c.s, c.m = profile.n, len(SIGNALS), len(KNOBS)
        self.kept = []
        for name, array in self._profile.items():
            buffer = _in(array)
            self.kept.append(buffer)
            setattr(c, name, buffer)
        c.q = profile.q
        c.layers = sum(_BITS[layer] for layer in profile.layers)
        c.provider_error, c.success = INDEX["provider_error"], INDEX["success"]
        c.retries = RETRIES
        for name in _SETTINGS:
            setattr(c, name, getattr(profile.resilience, name))
        _ok("profile", lib.rsm_profile_check(c))

    def rates(self, profile: Profile, dt: float) -> tuple[Any, list[Any]]:
        """The rsm_rates of this dt and the buffers it points to; the last few are kept."""
        held = self._rates.get(dt)
        if held is None:
            held = self._rates[dt] = _rates(profile, dt)
            while len(self._rates) > 16:
                self._rates.pop(next(iter(self._rates)))
        return held


_SETTINGS: Final = (
    "grades", "relief", "hysteresis", "constant", "crisis_relief", "span", "perspective",
    "forget", "stressed", "crisis", "resume", "mode_dwell", "confirm", "patience", "ramp",
    "failures", "window", "open_seconds", "max_seconds", "jitter", "sleep", "wake",
)  # fmt: skip
_PLAIN: Final = (
    "rest", "scale", "bias", "i_max", "sigma", "cap", "stress", "curiosity", "fatigue", "base",
    "delta", "dead", "p", "w0", "g", "cautious", "rate_safe", "rate_free", "dwell",
    "safe_ceiling",
)  # fmt: skip


def profile_arrays(profile: Profile) -> dict[str, Array]:
    """The struct's arrays; up, down and lateral are transposed to the order of the walk."""
    arrays = {name: getattr(profile, name) for name in _PLAIN}
    for name in ("up", "down", "lateral"):
        arrays[name] = np.ascontiguousarray(getattr(profile, name).T)
    arrays["per_scale"] = 1.0 / profile.scale
    arrays["per_i_max"] = 1.0 / profile.i_max
    arrays["per_live"] = 1.0 / (1.0 - profile.dead)
    return arrays


def _rates(profile: Profile, dt: float) -> tuple[Any, list[Any]]:
    rates = _reference_tick.rates(profile, dt)
    struct = ffi.new("rsm_rates *")
    buffers = [_in(array) for array in rates[:4]]
    struct.keep, struct.learn, struct.smooth, struct.refill = buffers
    struct.rise, struct.fall = rates[4], rates[5]
    return struct, buffers


_compiled: WeakKeyDictionary[Profile, _Compiled] = WeakKeyDictionary()


def _compile(profile: Profile) -> _Compiled:
    made = _compiled.get(profile)
    if made is None:
        made = _compiled[profile] = _Compiled(profile)
    return made


def _check_state(state: Any, rows: int) -> None:
    """The kernel writes into this very array, so it must be one that C can write into."""
    if not (isinstance(state, np.ndarray) and state.dtype == np.float64):
        raise KernelError("state must be a float64 array")
    if state.ndim != 2 or state.shape[0] != rows or state.shape[1] == 0:
        raise KernelError(f"state must have shape ({rows}, sessions), got {state.shape}")
    if not (state.flags.c_contiguous and state.flags.writeable):
        raise KernelError("state must be C-contiguous and writable: pass a copy of it")


def _ranges(sessions: int, threads: int) -> list[tuple[int, int]]:
    """Neighbouring ranges of about equal size, `WORTHWHILE` sessions or more each."""
    parts = max(1, min(threads, sessions // WORTHWHILE))
    cuts = [sessions * part // parts for part in range(parts + 1)]
    return list(pairwise(cuts))


class Fleet:
    """Many sessions ticked in place, for simulations and servers. Not thread-safe.

    With `threads` over 1 the C kernel ticks that many ranges of the sessions at once, where there
    are enough of them to be worth it; the result is the same to the last bit.

    Attributes:
        state: [size, sessions], changed by `tick`.
        signals: [S, sessions], what the next tick takes in; NaN where missing.
        values: [sessions], the value head's output after a tick, or None without a head.
    """

    def __init__(
        self, profile: Profile, sessions: int = 1, *, head: Head | None = None,
        state: Array | None = None, signals: Array | None = None, threads: int = 1,
    ) -> None:  # fmt: skip
        if threads < 1:
            raise KernelError(f"threads must be at least 1, got {threads}")
        self.profile, self._threads = profile, threads
        self.state = start(profile, sessions) if state is None else state
        _check_state(self.state, layout(profile.n, len(SIGNALS), len(KNOBS)).size)
        count = self.state.shape[1]
        if signals is None:
            self.signals = np.full((len(SIGNALS), count), np.nan)
        else:
            self.signals = _array("tick", signals, np.float64)
        if self.signals.shape != (len(SIGNALS), count):
            raise KernelError(
                f"signals must have shape {(len(SIGNALS), count)}, got {self.signals.shape}"
            )
        if head is not None and head.n != profile.n:
            raise KernelError(
                f"the value head reads {head.n} hormones, the profile has {profile.n}"
            )
        self.head = head
        self.values = None if head is None else np.zeros(count)
        self._refused = np.zeros(count, dtype=np.bool_)
        if lib is not None:
            self._bind()

    def _bind(self) -> None:
        self._made = _compile(self.profile)
        self._struct, self._one, self._null = self._made.struct, lib.rsm_tick, ffi.NULL
        self._count = self._refused.size
        self._ranges = _ranges(self._count, self._threads)
        parts = len(self._ranges)
        self._pool = ThreadPoolExecutor(parts) if parts > 1 else None
        self._good = np.zeros(1, dtype=np.bool_)
        self._dt, self._paced = 1.0, self._made.rates(self.profile, 1.0)
        self._rates = self._paced[0]
        self._x, self._s = _out(self.state), _in(self.signals)
        self._head = ffi.NULL if self.head is None else _head(self.head)
        self._head_c = self._head if self.head is None else self._head[0]
        self._v = ffi.NULL if self.values is None else _out(self.values)
        self._r = _out(self._refused, "unsigned char[]")

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
        if not (0.0 <= dt <= 1e6 and 0.0 <= seconds <= 1e6):
            raise KernelError(f"dt and seconds must be from 0 to 1e6, got {dt} and {seconds}")
        if push is not None:
            (push,) = _doubles("tick", (self.profile.n, self.state.shape[1]), (push,))
        if lib is None:
            return self._tick_numpy(push, dt, seconds, safe)
        pushed = self._null if push is None else _in(push)
        if dt != self._dt:
            self._dt, self._paced = dt, self._made.rates(self.profile, dt)
            self._rates = self._paced[0]
        if self._count == 1:
            return self._tick_one(pushed, seconds, safe)
        if self._pool is None:
            statuses = [self._tick_range(self._ranges[0], pushed, seconds, safe)]
        else:  # the C call releases the interpreter lock
            statuses = list(
                self._pool.map(
                    lambda part: self._tick_range(part, pushed, seconds, safe), self._ranges
                )
            )
        _ok("tick", max(statuses))
        return self._refused

    def _tick_range(self, part: tuple[int, int], pushed: Any, seconds: float, safe: bool) -> int:
        status: int = lib.rsm_tick_many(
            self._struct, self._rates, self._count, *part, self._x, self._s, pushed, seconds,
            safe, self._head_c, self._v, self._r,
        )  # fmt: skip
        return status

    def _tick_one(self, pushed: Any, seconds: float, safe: bool) -> NDArray[np.bool_]:
        status = self._one(
            self._struct, self._rates, self._x, self._s, pushed, seconds, safe, self._head_c,
            self._v,
        )  # fmt: skip
        if not status:
            return self._good
        if status not in (3, 4):  # else this session was refused, and that is an answer
            _ok("tick", status)
        return ~self._good

    def _tick_numpy(
        self, push: Array | None, dt: float, seconds: float, safe: bool
    ) -> NDArray[np.bool_]:
        at = layout(self.profile.n, len(SIGNALS), len(KNOBS))
        self._refused = _reference_tick.refused(self.profile, self.state, self.signals, push)
        good = ~self._refused
        if good.any():
            self.state[:, good] = _reference_tick.tick(
                self.profile, self.state[:, good], self.signals[:, good],
                None if push is None else push[:, good], dt=dt, seconds=seconds, safe=safe,
            )  # fmt: skip
        if self.head is not None and self.values is not None:
            self.values[good] = _reference.value(self.head, self.state[at.level][:, good].T)
        return self._refused


# -- value heads


def _head(head: Head) -> tuple[Any, list[Any]]:
    """The head as the C struct, with the buffers that it points to."""
    struct = ffi.new("rsm_head *")
    struct.n, struct.h = head.n, head.width
    names = ("w1", "b1", "w2") if isinstance(head, MlpHead) else tuple("ecrtauvs")
    struct.kind = lib.RSM_MLP if isinstance(head, MlpHead) else lib.RSM_GRAPH
    struct.r0 = head.b2 if isinstance(head, MlpHead) else head.r0
    arrays = {name: getattr(head, name) for name in names}
    for name in ("w1",) if isinstance(head, MlpHead) else ("u", "v"):
        arrays[name] = np.ascontiguousarray(arrays[name].T)  # input by input, as the kernel walks
    buffers = [_in(array) for array in arrays.values()]
    for name, buffer in zip(names, buffers, strict=True):
        setattr(struct, name, buffer)
    _ok("value head", lib.rsm_head_check(struct))
    return struct, buffers


def value(head: Head, levels: Array) -> Array:
    """V of each row of levels [count, n].

    Raises:
        KernelError: a wrong shape, or a number that is not finite or beyond 1e6.
    """
    rows = _array("value", levels, np.float64)
    if rows.ndim != 2 or rows.shape[1] != head.n or len(rows) == 0:
        raise KernelError(f"levels must have shape (count, {head.n}), got {rows.shape}")
    if lib is None:
        return _reference.value(head, rows)
    struct, _buffers = _head(head)
    out = np.empty(len(rows))
    _ok("value", lib.rsm_value(struct, len(rows), _out(out), _in(rows)))
    return out


# -- recall


def scan(rows: Floats, query: Floats) -> Floats:
    """The dot product of each float32 row [count, dim] with the query [dim].

    A row that is not finite scores -3.4e38, so that it is never the best.

    Raises:
        KernelError: shapes that do not fit, or a query that is not finite.
    """
    rows, query = _array("scan", rows, np.float32), _array("scan", query, np.float32)
    if rows.ndim != 2 or query.shape != rows.shape[1:] or rows.size == 0:
        raise KernelError(
            f"scan needs rows (count, dim) and a query, got {rows.shape}, {query.shape}"
        )
    if lib is None:
        return _reference.scan(rows, query)
    out = np.empty(len(rows), dtype=np.float32)
    _ok("scan", lib.rsm_scan(*rows.shape, _out(out, "float[]"), *_floats(rows, query)))
    return out


def _floats(*arrays: Floats) -> list[Any]:
    return [_in(array, "float[]") for array in arrays]


def top(score: Floats, k: int) -> NDArray[np.int32]:
    """Indices of the k best scores, the best first; ties in the order of their index.

    Raises:
        KernelError: a NaN, or k outside 1 to the number of scores.
    """
    score = _array("top", score, np.float32)
    if score.ndim != 1 or not 1 <= k <= score.size:
        raise KernelError(f"top needs 1 <= k <= {score.size} scores in a row, got k={k}")
    if lib is None:
        return _reference.top(score, k)
    out = np.empty(k, dtype=np.int32)
    _ok("top", lib.rsm_top(score.size, k, _out(out, "int32_t[]"), *_floats(score)))
    return out


def fuse(columns: Floats, weights: Floats) -> Floats:
    """The weighted sum of score columns: columns [c, count], weights [c].

    Raises:
        KernelError: shapes that do not fit, or a number that is not finite or beyond 1e18.
    """
    columns, weights = _array("fuse", columns, np.float32), _array("fuse", weights, np.float32)
    if columns.ndim != 2 or weights.shape != columns.shape[:1] or columns.size == 0:
        raise KernelError(
            f"fuse needs columns (c, count) and c weights, got {columns.shape}, {weights.shape}"
        )
    if lib is None:
        return _reference.fuse(columns, weights)
    out = np.empty(columns.shape[1], dtype=np.float32)
    count, c = columns.shape[1], columns.shape[0]
    _ok("fuse", lib.rsm_fuse(count, c, _out(out, "float[]"), *_floats(columns, weights)))
    return out
