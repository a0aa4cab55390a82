"""What was made of a model, kept for its next call."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any


class MadeOf:
    """What was made of models as they are; who changes a model afterwards gets a new one.

    Safe to share between threads.
    """

    def __init__(self, size: int = 32) -> None:
        self._size = size
        self._made: OrderedDict[Hashable, tuple[Any, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, model: Any, make: Callable[[], Any], *more: Hashable) -> Any:
        """What `make` made of this model, and of what more it depends on."""
        with self._lock:
            found = self._made.get(_key(model, more))
            if found is None:
                made = make()
                # The parts are kept with it, so that none of their ids is given away again. Making
                # it may have given the model a part, such as its client.
                found = self._made[_key(model, more)] = (_parts(model), made)
                if len(self._made) > self._size:
                    self._made.popitem(last=False)
            return found[1]


def _parts(model: Any) -> tuple[Any, ...]:
    return (model, *vars(model).values())


def _key(model: Any, more: tuple[Hashable, ...]) -> Hashable:
    return (*more, *map(id, _parts(model)))
