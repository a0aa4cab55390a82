"""The baselines of a namespace's readings: shared by its sessions, kept in the store."""

from __future__ import annotations

from threading import Lock
from typing import Final

from resmem_core.control.baseline import ReadingBaseline, reading
from resmem_core.protocols import Op, PutDoc, Store
from resmem_core.types import Signal, SignalName

KIND: Final = "baselines"
EVERY: Final = 16
"""Readings between two writes: a crash loses at most this many."""


class RunningBaselines:
    """Turns raw readings into signals. Thread-safe; numbers only."""

    def __init__(self, store: Store, key: str) -> None:
        self._key = key
        self._lock = Lock()
        self._unsaved = 0
        doc = store.doc(KIND, key)
        self._baselines = {
            name: ReadingBaseline.from_doc(values)
            for name, values in (doc.body if doc else {}).items()
        }

    def take(self, name: SignalName, value: float, source: str) -> Signal | None:
        """The signal that a reading amounts to, None while too few are known."""
        place = f"{name}/{source}"
        with self._lock:
            held = self._baselines.get(place, ReadingBaseline())
            self._baselines[place], signal = reading(held, name, value)
            self._unsaved += 1
        return signal

    def ops(self) -> list[Op]:
        """The write that is due, if any."""
        with self._lock:
            if self._unsaved < EVERY:
                return []
            self._unsaved = 0
            return [PutDoc(KIND, self._key, {k: b.to_doc() for k, b in self._baselines.items()})]
