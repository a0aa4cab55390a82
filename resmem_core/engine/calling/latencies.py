"""What calls of this deployment usually take: one baseline, shared by all sessions of a memory."""

from __future__ import annotations

import math
from threading import Lock
from typing import Final

from resmem_core.control.latency import Usual, judged
from resmem_core.protocols import Op, PutDoc, Store

KIND, KEY = "baselines", "latency"
EVERY: Final = 16
"""Readings between two writes: a crash loses at most this many."""


class Latencies:
    """Judges seconds by those of earlier calls. Thread-safe; numbers only.

    Args:
        store: where the baseline is kept; None keeps it in memory alone.
    """

    def __init__(self, store: Store | None = None) -> None:
        doc = store.doc(KIND, KEY) if store is not None else None
        self._usual = Usual.from_doc(doc.body["log_seconds"]) if doc else Usual()
        self._unsaved = 0
        self._lock = Lock()

    def judge(self, seconds: float) -> float | None:
        """How far a call was from usual, in [-1, 1]; None while too few are known."""
        with self._lock:
            self._usual, far = judged(self._usual, seconds)
            self._unsaved += 1
        return None if math.isnan(far) else float(far)

    def ops(self) -> list[Op]:
        """The write that is due, if any."""
        with self._lock:
            if self._unsaved < EVERY:
                return []
            self._unsaved = 0
            return [PutDoc(KIND, KEY, {"log_seconds": self._usual.to_doc()})]
