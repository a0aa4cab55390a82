"""The control loop that a session begins with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from zlib import crc32

from resmem_core.config.profile import Profile
from resmem_core.control import controller
from resmem_core.engine.loop.control_loop import ControlLoop
from resmem_core.engine.loop.instrumentation import instrument
from resmem_core.engine.state.runtime import Runtime
from resmem_core.errors import AWAY
from resmem_core.health.acts import TOOL
from resmem_core.health.breaker import STALE
from resmem_core.types import Signal

SHARED: Final = 4
"""Failures of others that a conversation begins with, at most: fewer than open its own breaker."""
MODEL_DOWN: Final = (Signal("provider_error", 1.0), Signal("success", 0.0))
TOOL_DOWN: Final = (Signal("tool_error", 1.0), Signal("tool_success", 1.0))
"""What a turn with a dead model, and one in which some tool failed, signal."""


def loop_of(runtime: Runtime, key: str) -> ControlLoop:
    """The control loop of a session, as its last save left it; a settled one without the store."""
    try:
        return _stored_loop(runtime, key)
    except AWAY:
        return _made_loop(runtime, key, runtime.components.profile, None)


def _stored_loop(runtime: Runtime, key: str) -> ControlLoop:
    doc, profile = runtime.store.doc("session", key), runtime.profile()
    loop = _made_loop(runtime, key, profile, doc.body if doc else _amid(runtime, profile))
    loop.instrument = partial(instrument, runtime, key)
    loop.instrumentation = loop.instrument(profile)
    return loop


def _amid(runtime: Runtime, profile: Profile) -> Mapping[str, Any] | None:
    """A session that begins while something is down feels what the others felt; None: all is well.

    Levels and mode alone: no request is changed before this conversation saw a failure itself.
    """
    board = runtime.health
    if board.stale():
        board.read()
    now = board.clock.now()
    down = {n: h.breaker for n, h in board.dependencies.items() if h.down}
    rows = {n: b.row for n, b in down.items() if abs(now - b.last) < STALE}
    if not rows:
        return None
    signals = TOOL_DOWN if all(name.startswith(TOOL) for name in rows) else MODEL_DOWN
    state = controller.settled(profile)
    for _ in range(min(max(rows.values()), SHARED)):
        state = controller.step(state, signals, profile=profile).state
    return controller.to_doc(state)


def _made_loop(
    runtime: Runtime, key: str, profile: Profile, doc: Mapping[str, Any] | None
) -> ControlLoop:
    phase = crc32(key.encode()) / 2**32
    clock = runtime.components.clock
    return ControlLoop(
        profile, doc, runtime.kill_switch.for_tick, clock.elapsed, phase,
        runtime.latencies, clock.now, runtime.profile, runtime.guard,
    )  # fmt: skip
