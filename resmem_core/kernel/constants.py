"""A profile, the rates of a dt and a value head as the structs that C reads."""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np

from resmem_core.config.heads import Head, MlpHead
from resmem_core.config.layout import layout
from resmem_core.config.profile import LAYERS, RETRIES, Array, Profile
from resmem_core.config.signals import INDEX, SIGNALS
from resmem_core.kernel import binding
from resmem_core.kernel.binding import ok, readable
from resmem_core.kernel.reference import layers as reference
from resmem_core.types import KNOBS

KEPT: Final = 16
"""Rates of that many dt are kept for a profile."""

_BITS: Final = {layer: 1 << i for i, layer in enumerate(LAYERS)}
_SETTINGS: Final = (
    "grades", "relief", "hysteresis", "constant", "crisis_relief", "span", "perspective",
    "forget", "stressed", "crisis", "resume", "mode_dwell", "confirm", "patience", "ramp",
    "failures", "window", "open_seconds", "max_seconds", "jitter", "sleep", "wake",
)  # fmt: skip
_PLAIN: Final = (
    "rest", "scale", "bias", "i_max", "sigma", "cap", "stress", "curiosity", "fatigue", "base",
    "dead", "p", "w0", "cautious", "rate_safe", "rate_free", "dwell", "safe_ceiling",
)  # fmt: skip
_TURNED: Final = ("up", "down", "lateral", "delta", "g")


class Compiled:
    """A profile as the C struct, its arrays kept alive, and the rates of recent dt.

    Attributes:
        struct: the rsm_profile, accepted. size: numbers of a session's state.
    """

    def __init__(self, profile: Profile) -> None:
        self.size = layout(profile.n, len(SIGNALS), len(KNOBS)).size
        self._rates: dict[float, tuple[Any, list[Any]]] = {}
        c = self.struct = binding.ffi.new("rsm_profile *")
        c.n, c.s, c.m = profile.n, len(SIGNALS), len(KNOBS)
        self._buffers = {name: readable(array) for name, array in _arrays(profile).items()}
        for name, buffer in self._buffers.items():
            setattr(c, name, buffer)
        c.q = profile.q
        c.layers = sum(_BITS[layer] for layer in profile.layers)
        c.provider_error, c.success = INDEX["provider_error"], INDEX["success"]
        c.retries = RETRIES
        for name in _SETTINGS:
            setattr(c, name, getattr(profile.resilience, name))
        ok("profile", binding.lib.rsm_profile_check(c))

    def rates(self, profile: Profile, dt: float) -> tuple[Any, list[Any]]:
        """The rsm_rates of this dt and the buffers it points to; the last few are kept."""
        held = self._rates.get(dt)
        if held is None:
            held = self._rates[dt] = _rates(self.struct, profile, dt)
            while len(self._rates) > KEPT:
                self._rates.pop(next(iter(self._rates)))
        return held


_compiled: WeakKeyDictionary[Profile, Compiled] = WeakKeyDictionary()


def compiled(profile: Profile) -> Compiled:
    """The profile for C; made once for each."""
    made = _compiled.get(profile)
    if made is None:
        made = _compiled[profile] = Compiled(profile)
    return made


def _arrays(profile: Profile) -> dict[str, Array]:
    """The struct's arrays; matrices are turned to the order of the walk, source by source."""
    arrays = {name: getattr(profile, name) for name in _PLAIN}
    arrays |= {name: np.ascontiguousarray(getattr(profile, name).T) for name in _TURNED}
    arrays["per_scale"] = 1.0 / profile.scale
    arrays["per_i_max"] = 1.0 / profile.i_max
    arrays["per_live"] = 1.0 / (1.0 - profile.dead)
    return arrays


def _rates(made: Any, profile: Profile, dt: float) -> tuple[Any, list[Any]]:
    rates = reference.rates(profile, dt)
    struct = binding.ffi.new("rsm_rates *")
    buffers = [readable(array) for array in rates[:4]]
    struct.keep, struct.learn, struct.smooth, struct.refill = buffers
    struct.rise, struct.fall = rates[4], rates[5]
    ok("rates", binding.lib.rsm_rates_check(made, struct))
    return struct, buffers


def head_struct(head: Head) -> tuple[Any, list[Any]]:
    """The head as the rsm_head, accepted, with the buffers that it points to."""
    struct = binding.ffi.new("rsm_head *")
    struct.n, struct.h = head.n, head.width
    names = ("w1", "b1", "w2") if isinstance(head, MlpHead) else tuple("ecrtauvs")
    struct.kind = binding.lib.RSM_MLP if isinstance(head, MlpHead) else binding.lib.RSM_GRAPH
    struct.r0 = head.b2 if isinstance(head, MlpHead) else head.r0
    arrays = {name: getattr(head, name) for name in names}
    for name in ("w1",) if isinstance(head, MlpHead) else ("u", "v"):
        arrays[name] = np.ascontiguousarray(arrays[name].T)  # input by input, as the kernel walks
    buffers = [readable(array) for array in arrays.values()]
    for name, buffer in zip(names, buffers, strict=True):
        setattr(struct, name, buffer)
    ok("value head", binding.lib.rsm_head_check(struct))
    return struct, buffers
