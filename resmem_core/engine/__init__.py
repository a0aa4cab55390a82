"""The only place with effects: it reads clocks and stores, and applies what the deciders return."""

from resmem_core.engine.base.clock import SystemClock
from resmem_core.engine.memory import ResilientMemory
from resmem_core.engine.session import Session

__all__ = ["ResilientMemory", "Session", "SystemClock"]
