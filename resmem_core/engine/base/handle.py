"""Handles on something open: copied as themselves, pickled as a name to find them by."""

from __future__ import annotations

import itertools
from typing import Any, Final, Self
from weakref import WeakValueDictionary

from resmem_core.errors import ConfigError

_numbers: Final = itertools.count(1)
_open: Final[WeakValueDictionary[str, Any]] = WeakValueDictionary()


class Handle:
    """A copy of a component shares the handle that it holds; there is nothing to copy in it."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def named(handle: Any, location: str) -> str:
    """The name under which `found` gives the handle back in this process.

    It is the location, so that another process finds the one that it opened there; what lies in
    this process' own memory has a name of its own.
    """
    name = location if location != ":memory:" else f":memory:#{next(_numbers)}"
    _open[name] = handle
    return name


def closed(handle: Any, name: str) -> None:
    """The handle is closed and not found any more."""
    if _open.get(name) is handle:
        del _open[name]


def found(name: str) -> Any:
    """The open handle of that name.

    Raises:
        ConfigError: there is none in this process.
    """
    handle = _open.get(name)
    if handle is None:
        raise ConfigError(
            f"what was pickled needs the memory {name!r:.200}: open it in this process first"
        )
    return handle
