"""Whether this thread runs an event loop, which must not wait for a store."""

from __future__ import annotations

import asyncio


def on_event_loop() -> bool:
    """True inside a running event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
