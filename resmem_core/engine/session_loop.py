"""The control loop that a session begins with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from zlib import crc32

from resmem_core.config.profile import Profile
from resmem_core.engine.control_loop import ControlLoop
from resmem_core.engine.instrumentation import instrument
from resmem_core.engine.runtime import Runtime
from resmem_core.errors import AWAY


def loop_of(runtime: Runtime, key: str) -> ControlLoop:
    """The control loop of a session, as its last save left it; a settled one without the store."""
    try:
        return _stored_loop(runtime, key)
    except AWAY:
        return _made_loop(runtime, key, runtime.components.profile, None)


def _stored_loop(runtime: Runtime, key: str) -> ControlLoop:
    doc, profile = runtime.store.doc("session", key), runtime.profile()
    loop = _made_loop(runtime, key, profile, doc.body if doc else None)
    loop.instrument = partial(instrument, runtime, key)
    loop.instrumentation = loop.instrument(profile)
    return loop


def _made_loop(
    runtime: Runtime, key: str, profile: Profile, doc: Mapping[str, Any] | None
) -> ControlLoop:
    phase = crc32(key.encode()) / 2**32
    clock = runtime.components.clock
    return ControlLoop(
        profile, doc, runtime.kill_switch.for_tick, clock.elapsed, phase,
        runtime.latencies, clock.now, runtime.profile, runtime.guard,
    )  # fmt: skip
