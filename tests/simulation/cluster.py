"""The same over a cluster of the engine's own shards, whose network fails by the seed too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from benchmarks.cluster import URL, Cluster, Transport
from resmem_core.protocols import Store
from resmem_core.stores.qdrant import QdrantStore
from resmem_core.stores.retry import Retry

from . import calls
from .faults import Crash
from .world import World


class ClusterWorld(World):
    """Three replicas; each request may be lost, answered in vain, sent twice, or arrive late.

    At times a replica is cut off for some requests, or the engine dies between two. What needs a
    file (backup, the outbox on the disk) is left out.
    """

    def __init__(self, path: Path, seed: int, rate: float = 0.02) -> None:
        self.cluster = Cluster(3, factor=2)
        self._late: list[tuple[int, Callable[[], httpx.Response]]] = []
        self._requests = 0
        self.lost = 0
        super().__init__(path, seed, rate)
        file_only = (calls._back_up, calls._restore, calls._fork, calls._by_outbox)
        self.calls = {call: n for call, n in calls.CALLS.items() if call not in file_only}

    def open(self) -> Store:
        faulty = hasattr(self, "truth")  # the first handle is the one that looks
        retry = Retry(
            wait=self._wait, now=self.clock.elapsed, jitter=lambda: 0.5, pause=0.0, share=1.0
        )
        transport = Transport(self.cluster, self._wire if faulty else None)
        return QdrantStore(URL, retry=retry, client={"transport": transport}, replicas=3)

    def _wait(self, seconds: float) -> None:
        self.clock.passed += seconds

    def look(self) -> None:
        """With every replica there, and what is under way arrived."""
        self._arrive(at_once=True)
        self.cluster.cut.clear()
        self.cluster.heal()
        super().look()

    def after(self) -> None:
        self.cluster.close()

    def in_the_outbox(self) -> set[str]:
        return set()

    def _wire(
        self, request: httpx.Request, deliver: Callable[[], httpx.Response]
    ) -> httpx.Response:
        self._requests += 1
        self._arrive()
        if self.chance.random() >= self._rate:
            return deliver()
        self.lost += 1
        kind = self.chance.choice(["lost", "in vain", "twice", "late", "late", "cut", "dead"])
        if kind == "cut":
            self.cluster.heal()
            self.cluster.cut = {self.chance.randrange(1, 3)}
            return deliver()
        if kind == "late":
            self._late.append((self._requests + self.chance.randrange(1, 40), deliver))
        if kind in ("in vain", "twice", "dead"):
            answer = deliver()
        if kind == "twice":
            answer = deliver()
            return answer
        if kind == "dead":
            raise Crash
        raise httpx.ReadTimeout("the simulation lost it")

    def _arrive(self, *, at_once: bool = False) -> None:
        """What was under way for long enough arrives."""
        due = [deliver for at, deliver in self._late if at_once or at <= self._requests]
        self._late = [each for each in self._late if each[1] not in due]
        for deliver in due:
            deliver()
