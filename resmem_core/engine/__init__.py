"""The only place with effects: it reads clocks and stores, and applies what the deciders return.

`__all__` is public; the modules below are private.
"""

from resmem_core.engine.base.clock import ManualClock, SystemClock
from resmem_core.engine.keeping import files
from resmem_core.engine.memory import ResilientMemory
from resmem_core.engine.reading.about import filled
from resmem_core.engine.session import Session
from resmem_core.engine.state.components import Components

__all__ = [
    "Components",
    "ManualClock",
    "ResilientMemory",
    "Session",
    "SystemClock",
    "files",
    "filled",
]
