"""A bounded cache whose values stay the same object for as long as anybody holds them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from resmem_core.engine.base.locks import ProcessLock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps the most recently used values alive; older ones live while others hold them.

    Args:
        limit: how many values are kept alive.
        leave: called with a value that is no longer kept alive.
    """

    def __init__(self, limit: int, leave: Callable[[V], None] = lambda _: None) -> None:
        self._limit = limit
        self._leave = leave
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._alive: WeakValueDictionary[K, V] = WeakValueDictionary()
        self._lock = ProcessLock()

    def get(self, key: K) -> V | None:
        """The value, if anybody holds it still."""
        with self._lock:
            value = self._alive.get(key)
            if value is not None:
                self._keep(key, value)
            return value

    def make(self, key: K, new: Callable[[], V]) -> V:
        """The value, made when nobody holds one."""
        with self._lock:
            value = self.get(key)
            if value is None:
                value = new()
                self._alive[key] = value
                self._keep(key, value)
            return value

    def values(self) -> list[V]:
        """Every value that is alive."""
        with self._lock:
            return list(self._alive.values())

    def _keep(self, key: K, value: V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self._limit:
            _, old = self._kept.popitem(last=False)
            self._leave(old)
