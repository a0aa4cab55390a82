"""`ResilientMemory`: one store, its components, its namespaces and sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from os import PathLike
from typing import Any, Self

import numpy as np

from resmem_core.config.gate import GateConfig
from resmem_core.config.learning import LearningConfig
from resmem_core.config.limits import Limits
from resmem_core.config.profile import Profile
from resmem_core.config.recall import RecallWeights
from resmem_core.config.sleep import SleepConfig
from resmem_core.engine.base.event_loop import read_aside
from resmem_core.engine.base.handle import Handle, closed, found, named
from resmem_core.engine.base.locks import ProcessLock
from resmem_core.engine.base.outage import Outage
from resmem_core.engine.base.recent import Recent
from resmem_core.engine.by_hand import ByHand
from resmem_core.engine.calling.board import Board
from resmem_core.engine.carrying import Carrying
from resmem_core.engine.correcting import forgetting
from resmem_core.engine.correcting.settling import Settling
from resmem_core.engine.erasing import Erasing
from resmem_core.engine.outbox import Outbox
from resmem_core.engine.policy.policies import Policies
from resmem_core.engine.session import Session
from resmem_core.engine.sleeping import consolidate, rehearse
from resmem_core.engine.state.components import Components
from resmem_core.engine.state.namespace_state import NamespaceState
from resmem_core.engine.state.runtime import Runtime
from resmem_core.errors import InputError, InputTypeError, StoreUnavailable
from resmem_core.memory.privacy.aliases import alias
from resmem_core.namespaces import check_filled
from resmem_core.protocols import Classifier, Clock, Embedder, Redactor, Store
from resmem_core.stores import open_store
from resmem_core.types import Namespace, NamespaceLike, SleepReport, check_id, check_namespace

NAMESPACES, SESSIONS = 256, 4096
"""Namespaces and conversations that a handle keeps in memory; others are loaded when asked for."""


class ResilientMemory(Handle, ByHand, Erasing, Carrying, Settling):
    """A self-regulating memory over one store.

    Open it once per process, share it between threads, and take a `session` per conversation:

    >>> from resmem_core import Message, ResilientMemory
    >>> with ResilientMemory.open(":memory:") as memory:
    ...     session = memory.session("thread-1", namespace=("acme", "ada"))
    ...     _ = session.observe(Message(role="user", text="I moved to Lisbon in May.", id="m1"))
    ...     [hit.id for hit in session.recall("Where do I live?")]
    ['m1']
    """

    def __init__(self, store: Store, components: Components | None = None) -> None:
        """Use `ResilientMemory.open`; this is for those who bring their own store (no path)."""
        if components is None or isinstance(store, str | PathLike):
            raise InputTypeError("open a memory with ResilientMemory.open(path)")
        self._namespaces: Recent[Namespace, NamespaceState] = Recent(NAMESPACES)
        self._sessions: Recent[tuple[Namespace, str], Session] = Recent(SESSIONS, Session.save)
        self._lock = ProcessLock()
        self._name = named(self, store.location)
        self._runtime = Runtime.start(store, components)
        self.outbox = Outbox(self._runtime, self.namespace_state)
        self._background = ThreadPoolExecutor(1, thread_name_prefix="resmem-sleep")

    @classmethod
    def open(
        cls,
        location: str | PathLike[str],
        *,
        keep: float | None = None,
        embedder: Embedder | str | None = None,
        classifier: Classifier | None = None,
        redactor: Redactor | None = None,
        profile: Profile | None = None,
        clock: Clock | None = None,
        gate: GateConfig | None = None,
        recall: RecallWeights | None = None,
        sleep: SleepConfig | None = None,
        summarize: Callable[[Sequence[str]], str] | None = None,
        auto_sleep: bool = True,
        explore: float = 0.0,
        rng: np.random.Generator | None = None,
        record: bool = False,
        learning: LearningConfig | None = None,
        guard: float | None = None,
        limits: Limits | None = None,
    ) -> Self:
        """Open or create a memory.

        Args:
            location: a path, ":memory:", or a Qdrant address such as "http://qdrant:6333".
            keep: share of observed messages that the gate may keep, in (0, 1]; 0.75 by default,
                1.0 keeps all but repeats, empty texts and what is never stored.
            embedder: an embedder, or a name: "lexical" (the default of a new store), "semantic"
                (MiniLM, extra `semantic`), "minilm", "sentence-transformers:PATH". A store
                remembers its own, which is taken when none is given.
            classifier, redactor: other parts than the offline defaults.
            profile: hormones, knobs and resilience; the shipped profile by default.
            clock: where time comes from; the machine's clocks by default.
            gate, recall, sleep: settings of the three memory deciders.
            summarize: texts -> one text, for semantic items; extractive when None.
            auto_sleep: consolidate in the background when a session's fatigue asks for it.
            explore: noise on the knobs' targets, in unit knobs, 0 (off) to 0.25; gathers the
                experience that `resmem policy propose` needs.
            rng: where that noise comes from; fresh entropy when None.
            record: keep a bounded log of ticks for `resmem audit replay`.
            learning: how outcomes are scored.
            guard: share of the ticks that would move a knob which are held at base instead, above
                0 and at most 0.5; with it a controller that does worse than base loses its
                authority, and gets it back. Off when None.
            limits: memories, bytes and writes per minute of each namespace; none when None.

        Raises:
            ConfigError: a setting is out of range. InputTypeError: no path.
            StoreUnavailable, NotOurStore, SchemaTooNew, StoreCorrupt: the location is no use.
            EmbeddingMismatch: the store holds vectors of another embedder.
            MissingExtra, ModelTampered: the embedder's model is not installed, or not as expected.
        """
        components = Components.of(
            keep, embedder=embedder, classifier=classifier, redactor=redactor, profile=profile,
            clock=clock, gate=gate, recall=recall, sleep=sleep, summarize=summarize,
            auto_sleep=auto_sleep, explore=explore, rng=rng, record=record, learning=learning,
            guard=guard, limits=limits,
        )  # fmt: skip
        store = open_store(location)
        try:
            return cls(store, components if embedder else components.as_made(store))
        except BaseException:
            store.close()
            raise

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as where it lies: who unpickles it has opened it there."""
        return found, (self._name,)

    def session(self, thread_id: str, *, namespace: NamespaceLike) -> Session:
        """The session of one conversation; the same object for the same ids.

        A store that is away does not stop a conversation: the session then starts as a new one,
        its reads and writes raise `StoreUnavailable`, and it catches up when the store is back.

        Raises:
            NamespaceError: the namespace is missing or malformed.
            InputError: the conversation's id is empty or too long.
        """
        given = check_id(str(thread_id), "a conversation's id")
        if not given.strip():
            raise InputError("a conversation's id is empty: two conversations would be one")
        state = self.namespace_state(check_filled(namespace))
        name = alias(given, self._runtime.components.redactor)
        return self._sessions.make(
            (state.namespace, name),
            lambda: Session(self._runtime, state, name, lambda: self.sleep_soon(state.namespace)),
        )

    def namespace_state(self, namespace: NamespaceLike) -> NamespaceState:
        """The run-time mirror of a namespace (for adapters and tools)."""
        name = check_namespace(namespace)
        self._runtime.check_open()
        return self._namespaces.make(name, lambda: self._opened(name))

    def _opened(self, name: Namespace) -> NamespaceState:
        state = NamespaceState.open(name, self._runtime.store, self._runtime.components)
        if not state.known:
            what = "the store is away: a namespace starts without its memories and catches up later"
            self._runtime.outage.say(what, StoreUnavailable())
        return state

    # -- the whole store

    def sleep(
        self, namespace: NamespaceLike | None = None, *, dry_run: bool = False
    ) -> list[SleepReport]:
        """Consolidate one namespace, or all: judge the buffer, merge, promote, link, forget.

        Args:
            dry_run: change nothing; `SleepReport.gone` says what would go, and why.

        Returns:
            One report per namespace that was not being consolidated by somebody else.
        """
        if dry_run:
            self._runtime.check_open()
        else:
            self._runtime.refuse_in_safe_mode("sleep")
            self.outbox.drain()
        names = (
            self._runtime.store.namespaces() if namespace is None else [check_namespace(namespace)]
        )
        if dry_run:
            return [rehearse.run(self.namespace_state(name)) for name in names]
        reports = [self._slept(self.namespace_state(name)) for name in names]
        for session in self._sessions.values():
            if session.namespace in names:
                session.rest()
        return [report for report in reports if report is not None]

    @staticmethod
    def _slept(state: NamespaceState) -> SleepReport | None:
        with suppress(StoreUnavailable):  # somebody reads the old bytes: the next cycle's work
            forgetting.finish(state)
        return consolidate.run(state)

    def sleep_soon(self, namespace: Namespace) -> None:
        """Consolidate in the background, unless that was switched off."""
        if self._runtime.components.auto_sleep:
            self._background.submit(self.sleep, namespace)

    def safe_mode(self, on: bool | None = None, *, actor: str | None = None) -> bool:
        """Read the kill switch, or set it for every worker on this store; the log names who did."""
        if on is not None:
            with self._runtime.acting(actor):
                self._runtime.kill_switch.set(on)
        return self._runtime.kill_switch.is_on()

    @property
    def store(self) -> Store:
        """The store underneath."""
        return self._runtime.store

    @property
    def location(self) -> str:
        """Where the memories are kept."""
        return self._runtime.store.location

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        return self._runtime.components.clock

    @property
    def components(self) -> Components:
        """The components this memory was opened with."""
        return self._runtime.components

    @property
    def policies(self) -> Policies:
        """Versions of the policy, and the proposals that wait for a person."""
        return self._runtime.policies

    @property
    def health(self) -> Board:
        """What is known of every provider and tool, shared by all sessions and workers."""
        return self._runtime.health

    @property
    def outage(self) -> Outage:
        """Says once that the store is away (for adapters)."""
        return self._runtime.outage

    def profile(self) -> Profile:
        """The profile of the active policy: the shipped one until a person approved another."""
        return self._runtime.profile()

    def close(self) -> None:
        """Save every session's state and release the store; safe to call twice."""
        self._background.shutdown(wait=True)
        with self._lock:
            if self._runtime.closed.is_set():
                return
            for session in self._sessions.values():
                session.save()
            self._runtime.health.save(all_=True)
            self.outbox.finish()
            self._runtime.closed.set()
            closed(self, self._name)
            self.outbox.close()
            self._runtime.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- async twins: the work runs in a thread, so that the event loop never waits for a disk

    async def asession(self, thread_id: str, *, namespace: NamespaceLike) -> Session:
        """`session`; the first call of a conversation reads the store, off the event loop."""
        cached = self._sessions.get((check_namespace(namespace), thread_id))
        if cached is not None:
            return cached
        return await asyncio.to_thread(self.session, thread_id, namespace=namespace)

    asleep = read_aside(sleep)
    aclose = read_aside(close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
