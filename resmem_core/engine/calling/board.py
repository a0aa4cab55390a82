"""The health of every dependency, shared by all sessions of a memory and, by the store, by all
workers: one small document, read when it changed and written when a breaker opens or closes.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from weakref import WeakValueDictionary

from resmem_core.engine.base import telemetry
from resmem_core.engine.base.locks import ProcessLock
from resmem_core.engine.base.pseudonyms import audited
from resmem_core.errors import Conflict, ResmemError
from resmem_core.health import backoff, dependency
from resmem_core.health.acts import Act
from resmem_core.health.baseline import patience
from resmem_core.health.breaker import Verdict
from resmem_core.health.dependency import Health
from resmem_core.health.failures import Failure
from resmem_core.protocols import Clock, PutDoc, Store
from resmem_core.stores.patience import within
from resmem_core.types import Namespace

logger = logging.getLogger("resmem")

KIND: Final = "health"
FORMAT: Final = 1
AGE: Final = 2.0
"""Seconds for which what the store said is believed."""
HELD: Final = 256
"""Dependencies that are remembered, and records that wait for a store that is away."""
TRIES: Final = 5
PATIENCE: Final = 0.2
"""Seconds that a call waits for the store, which may be away like anything else."""


def _uniform() -> float:
    return random.random()


class Board:
    """Holds one `Health` per dependency and replaces it by pure steps. Thread-safe.

    Only `read` and `save` do I/O; neither raises when the store is away.

    Args:
        store: where all workers meet.
        clock: wall-clock seconds, for the breakers.
        uniform: a number in [0, 1), for jitter.
    """

    def __init__(self, store: Store, clock: Clock, uniform: Callable[[], float] = _uniform) -> None:
        self._store, self.clock, self.uniform = store, clock, uniform
        self._held: dict[str, Health] = {}
        self._version = 0
        self._looked = float("-inf")
        self._dirty = False
        self._records: deque[dict[str, Any]] = deque(maxlen=HELD)
        self._objects: dict[str, WeakValueDictionary[int, Any]] = {}
        self._lock = ProcessLock()

    def __getitem__(self, name: str) -> Health:
        """What is known of a dependency; that of a healthy one where nothing is."""
        return self._held.get(name, _HEALTHY)

    @property
    def dependencies(self) -> Mapping[str, Health]:
        """What is known, by name: "model:openai/gpt-5", "tool:calendar"."""
        with self._lock:
            return dict(self._held)

    def verdict(self, name: str) -> Verdict:
        """What would happen to a call now: "closed", "probe" or "open". No effect."""
        held = self._held.get(name)
        return "closed" if held is None else dependency.verdict(held, self.clock.now())

    def wait(self, name: str) -> float:
        """Seconds until a call may be made."""
        return dependency.wait(self[name], self.clock.now())

    def patience(self, name: str, tokens: float | None) -> float | None:
        """Seconds after which a call is given up as hung, or None."""
        held = self[name]
        return patience(held.latency, held.pace, tokens)

    def down(self) -> dict[str, Health]:
        """Dependencies that failed so often that they are left alone, until a probe goes well."""
        with self._lock:
            return {n: h for n, h in self._held.items() if h.down}

    # -- what happens to calls

    def ask(self, name: str) -> bool:
        """Whether a call may be made now; if so, it is: a probe where the breaker is not closed."""
        now = self.clock.now()
        with self._lock:
            held = self[name]
            if dependency.wait(held, now) > 0:
                return False
            self._put(name, dependency.asked(held, now))
            return True

    def succeeded(self, name: str, *, seconds: float = 0.0, tokens: float = 0.0) -> Act | None:
        """A call went well; the act of closing, if the breaker closed."""
        now = self.clock.now()
        with self._lock:
            held = self[name]
            self._put(name, dependency.succeeded(held, now, seconds=seconds, tokens=tokens))
            return self._turned(name, held, now)

    def failed(
        self, name: str, failure: Failure,
        *, spared: bool = False, awaited: bool = False, again: bool = False, rests: bool = False,
    ) -> Act | None:  # fmt: skip
        """A call failed; the act of opening or closing, if there was one.

        Args:
            spared: another stands in for it. awaited: requests wait for the probe.
            again: the same request failed before. rests: one that was just down is given rest.
        """
        now = self.clock.now()
        with self._lock:
            held = self[name]
            after = dependency.failed(
                held, failure, now, self.uniform(),
                spared=spared, awaited=awaited, again=again, rests=rests,
            )  # fmt: skip
            self._put(name, after)
            self._dirty = self._dirty or after.breaker.row > 0 or backoff.hold_of(failure) > 0
            return self._turned(name, held, now)

    def release(self, name: str) -> None:
        """A call came back without saying anything of the dependency."""
        with self._lock:
            self._put(name, dependency.released(self[name]))

    def retry(self, name: str) -> bool:
        """Take one retry from the dependency's budget; False when it is spent."""
        with self._lock:
            after = dependency.retried(self[name])
            if after is not None:
                self._put(name, after)
            return after is not None

    def _put(self, name: str, health: Health) -> None:
        if name not in self._held and len(self._held) >= HELD:
            self._held.pop(min(self._held, key=lambda n: self._held[n].at))
        self._held[name] = health

    def _turned(self, name: str, before: Health, now: float) -> Act | None:
        after = self._held[name]
        if before.breaker.trips == after.breaker.trips:
            return None
        self._dirty = True
        if not after.down:
            return Act("close", name, now)
        return Act(
            "open", name, now, after.kind, after.breaker.span, after.breaker.row,
            after.breaker.since,
        )  # fmt: skip

    # -- names of what has no name of its own

    def named(self, kind: str, made: Any) -> str:
        """A name for an object that tells only its kind: the kind, "kind#2", … while it lives.

        Workers that make the same objects in the same order give them the same names.
        """
        with self._lock:
            alive = self._objects.setdefault(kind, WeakValueDictionary())
            for number, held in alive.items():
                if held is made:
                    return kind if number == 1 else f"{kind}#{number}"
            number = next(n for n in range(1, len(alive) + 2) if n not in alive)
            try:
                alive[number] = made
            except TypeError:  # it cannot be referred to weakly
                return kind
            return kind if number == 1 else f"{kind}#{number}"

    # -- the store

    def stale(self) -> bool:
        """Whether the store should be asked again."""
        return self.clock.elapsed() - self._looked > AGE

    def read(self) -> None:
        """Take in what other workers wrote, if they did."""
        self._looked = self.clock.elapsed()
        try:
            with within(PATIENCE):
                if self._store.version(KIND, "") != self._version:
                    self._merge()
        except ResmemError:
            logger.debug("the health of dependencies could not be read")

    async def aread(self) -> None:
        """`read`, off the event loop."""
        await asyncio.to_thread(self.read)

    def _merge(self) -> None:
        doc = self._store.doc(KIND, "")
        found = doc.body.get("dependencies") if doc else None
        with self._lock:
            for name, body in found.items() if isinstance(found, Mapping) else ():
                self._put(str(name), _newer(self[name], dependency.from_doc(body)))
            self._version = doc.version if doc else 0

    def note(self, act: Act, namespace: Namespace) -> None:
        """Keep an act for the audit log, which `save` writes, and tell the current span."""
        telemetry.event("resmem.act", act.to_doc())
        record = {"at": act.at, "namespace": list(namespace), "event": "health", **act.to_doc()}
        with self._lock:
            self._records.append(record)

    def save(self, *, all_: bool = False) -> None:
        """Write what changed: by compare-and-set, and again with what another worker wrote.

        Args:
            all_: also baselines that grew without any breaker turning.
        """
        with self._lock:
            records = list(self._records)
            due = self._dirty or (all_ and bool(self._held))
        if not records and not due:
            return
        with (
            suppress(ResmemError),
            within(PATIENCE),
        ):  # the store is away: the records wait, the next save is due
            for _ in range(TRIES):
                try:
                    self._write(records, due=due)
                    return
                except Conflict:
                    self._merge()

    async def asave(self) -> None:
        """`save`, off the event loop; nothing at all while nothing happened."""
        if self._dirty or self._records:
            await asyncio.to_thread(self.save)

    def _write(self, records: list[dict[str, Any]], *, due: bool) -> None:
        with self._lock:
            held, version = dict(self._held), self._version
        ops = audited(self._store, records)
        if due:
            body = {name: dependency.to_doc(health) for name, health in held.items()}
            ops.append(PutDoc(KIND, "", {"format": FORMAT, "dependencies": body}, expect=version))
        self._store.apply(ops)
        with self._lock:
            if due:
                self._version, self._dirty = version + 1, False
            for _ in records:
                if self._records and self._records[0] in records:
                    self._records.popleft()


_HEALTHY: Final = Health()


def _newer(mine: Health, theirs: Health) -> Health:
    """The newer state of the two, with the baseline that rests on more calls."""
    newest = theirs if theirs.at > mine.at else mine
    latency = max(mine.latency, theirs.latency, key=lambda b: b.count)
    pace = max(mine.pace, theirs.pace, key=lambda b: b.count)
    return replace(newest, latency=latency, pace=pace, budget=mine.budget)
