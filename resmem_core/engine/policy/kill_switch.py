"""The kill switch: one document that every worker of a store obeys within a second."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread

from resmem_core.engine.base import actors
from resmem_core.engine.base.event_loop import on_event_loop
from resmem_core.errors import ResmemError
from resmem_core.protocols import AppendAudit, Clock, PutDoc, Store

AGE = 0.5
"""Seconds for which a reading is believed."""


class KillSwitch:
    """Reads and sets safe mode; the reading is shared by all sessions of a handle."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._read()

    def set(self, on: bool) -> None:
        """Switch safe mode for every worker on this store; goes to the audit log."""
        event = {
            "at": self._clock.now(), "namespace": [], "event": "safe_mode", "on": bool(on),
            **actors.by(),
        }  # fmt: skip
        self._store.apply([PutDoc("switch", "safe_mode", {"on": bool(on)}), AppendAudit(event)])
        self._read()

    def is_on(self) -> bool:
        """Whether safe mode is on, at most `AGE` seconds ago."""
        if self._stale():
            self._read()
        return self._on

    def for_tick(self, on: bool | None = None) -> bool:
        """`is_on` without I/O on an event loop, where a stale reading is renewed behind.

        While the store is away the last reading holds, and no call waits for it each time.
        """
        if on is not None:
            self.set(on)
        elif self._stale() and on_event_loop():
            self._read_at = self._clock.elapsed()
            Thread(target=self._renew, name="resmem-switch", daemon=True).start()
        elif self._stale():
            self._renew()
        return self._on

    def _stale(self) -> bool:
        return self._clock.elapsed() - self._read_at > AGE

    def _read(self) -> None:
        doc = self._store.doc("switch", "safe_mode")
        self._on = bool(doc and doc.body["on"])
        self._read_at = self._clock.elapsed()

    def _renew(self) -> None:
        self._read_at = self._clock.elapsed()
        with suppress(ResmemError):
            self._read()
