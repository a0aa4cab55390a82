"""The baselines of a namespace's readings: shared by its sessions, kept in the store."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from typing import Final

from resmem_core.control.baseline import ReadingBaseline, reading
from resmem_core.errors import AWAY
from resmem_core.protocols import Op, PutDoc, Store
from resmem_core.types import Signal, SignalName

KIND: Final = "baselines"
EVERY: Final = 16
"""Readings between two writes: a crash loses at most this many."""


class RunningBaselines:
    """Turns raw readings into signals. Thread-safe; numbers only."""

    def __init__(self, store: Store, key: str) -> None:
        self._store, self._key = store, key
        self._lock = Lock()
        self._unsaved = 0
        self._known = False
        self._baselines: dict[str, ReadingBaseline] = {}
        self._load()

    def _load(self) -> None:
        """Take in what was stored; while the store is away, readings begin from nothing."""
        with suppress(*AWAY):
            doc = self._store.doc(KIND, self._key)
            stored = {n: ReadingBaseline.from_doc(v) for n, v in (doc.body if doc else {}).items()}
            self._baselines |= stored
            self._known = True

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
            if not self._known:
                self._load()
                return []
            self._unsaved = 0
            return [PutDoc(KIND, self._key, {k: b.to_doc() for k, b in self._baselines.items()})]
