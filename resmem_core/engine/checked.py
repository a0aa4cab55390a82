"""What a caller hands over as an open memory or as one of its parts, checked before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any, Final

from resmem_core.engine.memory import ResilientMemory
from resmem_core.engine.session import Session
from resmem_core.errors import InputTypeError


def check_memory(memory: Any) -> ResilientMemory:
    """The open memory itself.

    Raises:
        InputTypeError: it is a path, a session or something else; the message names the call that
            makes what is needed.

    >>> check_memory("agent.db")
    Traceback (most recent call last):
    resmem_core.errors.InputTypeError: an open memory is needed, got the path 'agent.db': pass \
ResilientMemory.open('agent.db')
    """
    if isinstance(memory, ResilientMemory):
        return memory
    raise InputTypeError(f"an open memory is needed, got {_described(memory)}")


def _described(value: Any) -> str:
    if isinstance(value, str | PathLike):
        return f"the path {str(value)!r:.80}: pass ResilientMemory.open({str(value)!r:.80})"
    kind = value.__name__ if isinstance(value, type) else type(value).__name__
    hint = _HINTS.get(Session if isinstance(value, Session) else kind)
    return f"{kind}: {hint or 'open one with ResilientMemory.open(path)'}"


_HINTS: Final[Mapping[Any, str]] = {
    Session: "pass the memory that made the session; each run then names its conversation",
    "ResilientMemory": "that is the class; open one with ResilientMemory.open(path)",
    "NoneType": "open one with ResilientMemory.open(path)",
}
