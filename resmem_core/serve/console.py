"""What the server holds: the memory, the namespaces that it shows, and what it saw happen."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from threading import Lock
from typing import Final

from resmem_core.audit import hashed
from resmem_core.engine import ResilientMemory
from resmem_core.engine.policy.trace import steps
from resmem_core.errors import NamespaceError, ResmemError
from resmem_core.serve import live
from resmem_core.serve.live import Moment
from resmem_core.serve.names import named
from resmem_core.types import Namespace, check_namespace
from resmem_core.verbs import Desk, Json

MOMENTS: Final = 400
"""Moments of one conversation that are remembered, the latest."""

SESSIONS: Final = 50
"""Conversations that are shown, those that moved last."""

WARMED: Final = 16
"""Namespaces that are loaded when the server starts."""

POLITE: Final = 0.0005
"""Seconds after which the loading gives way to a request; Python's own is ten times that."""

ACTS: Final = 2000
"""Records of the log that are looked through for acts, the latest."""


class Console:
    """One open memory as the console shows it. Thread-safe.

    Args:
        memory: the open memory.
        namespaces: those that are shown; None for all that there are.
    """

    def __init__(self, memory: ResilientMemory, namespaces: Sequence[Namespace] | None) -> None:
        self.memory = memory
        self._chosen = None if namespaces is None else tuple(map(check_namespace, namespaces))
        self._seen: dict[str, tuple[int, deque[Moment]]] = {}
        self._loaded: set[Namespace] = set()
        self._log: tuple[int, list[Json]] = (-1, [])
        self._lock = Lock()

    def namespaces(self) -> list[Namespace]:
        """Those that are shown."""
        if self._chosen is not None:
            return list(self._chosen)
        return self.memory.store.namespaces()

    def desk(self, name: str) -> Desk:
        """The verbs over a namespace.

        Raises:
            NamespaceError: it is none, or none of those that are shown.
        """
        namespace = named(name)
        if self._chosen is not None and namespace not in self._chosen:
            raise NamespaceError("this console does not show that namespace")
        return Desk(self.memory, namespace, role="user", conversation="console", actor="console")

    def live(self) -> Json:
        """Sessions with what they went through, health, acts and safe mode, as of now."""
        memory = self.memory
        memory.health.read()
        with self._lock:
            self._look()
            sessions = [
                {"key": key, **live.told(key), "moments": [m.to_json() for m in moments]}
                for key, (_, moments) in self._newest()
            ]
        return {
            "sessions": sessions,
            "health": live.health(memory.health, memory.clock.now()),
            "acts": self._acts(),
            "safe_mode": memory.safe_mode(),
            "calm": live.calm(memory.profile()),
        }

    def warm(self) -> None:
        """Load the namespaces that are shown, so that what needs their mirror does not wait."""
        usual = sys.getswitchinterval()
        sys.setswitchinterval(POLITE)
        try:
            for name in self.namespaces()[:WARMED]:
                state = self.memory.namespace_state(name)
                with state.lock:
                    state.refresh()
                self._loaded.add(name)
        except ResmemError:  # closed meanwhile, or the store is away: a page will say so
            return
        finally:
            sys.setswitchinterval(usual)

    def loaded(self, namespace: Namespace) -> bool:
        """Whether its mirror is there, so that a list need not be read from the store."""
        return namespace in self._loaded

    def recorded(self) -> None:
        """Take in the ticks that were recorded before the console was opened."""
        try:
            past = deque(steps(self.memory.store), maxlen=MOMENTS)
        except ResmemError:  # a damaged trace is told by `resmem audit`, and stops no console
            return
        profile = self.memory.profile()
        keys = {hashed(doc.key): doc.key for doc in self.memory.store.docs("session")}
        with self._lock:
            for name, step in past:
                if name in keys:
                    seen = self._seen.setdefault(keys[name], (0, deque(maxlen=MOMENTS)))
                    seen[1].append(live.moment(step.state, profile, 0.0))

    def _acts(self) -> list[Json]:
        """The log's latest acts, read anew only where the log grew."""
        store = self.memory.store
        newest = store.audit_span()[1]
        if newest != self._log[0]:
            self._log = newest, live.acts(store, self.namespaces(), ACTS)
        return self._log[1]

    def _newest(self) -> list[tuple[str, tuple[int, deque[Moment]]]]:
        shown = [item for item in self._seen.items() if item[1][1] and self._shows(item[0])]
        return sorted(shown, key=lambda item: -item[1][1][-1].at)[:SESSIONS]

    def _shows(self, key: str) -> bool:
        return self._chosen is None or live.namespace_of(key) in self._chosen

    def _look(self) -> None:
        """Note the sessions whose state was written since the last look."""
        profile, now = self.memory.profile(), self.memory.clock.now()
        for doc in self.memory.store.docs("session"):
            version, moments = self._seen.get(doc.key, (0, deque(maxlen=MOMENTS)))
            if doc.version == version:
                continue
            state = live.state_of(doc.body, profile)
            if state is not None:
                live.append(moments, live.moment(state, profile, now, doc.body))
            self._seen[doc.key] = (doc.version, moments)
