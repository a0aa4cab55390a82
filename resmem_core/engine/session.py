"""`Session`: one conversation's control state, and its way into the namespace's memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from threading import RLock
from typing import TYPE_CHECKING
from uuid import uuid4

from resmem_core.control import controller
from resmem_core.control.controller import Step
from resmem_core.control.signals import outcome_signals, text_signals
from resmem_core.control.stability import Certificate
from resmem_core.engine import learn, parts
from resmem_core.engine.ingest import Prepared, ingest
from resmem_core.engine.space import Space, conflict_free, key_of
from resmem_core.errors import Conflict, EmbedderError, InputTypeError
from resmem_core.memory import gate, query, recall, screen
from resmem_core.protocols import AppendAudit, Op, PutDoc, Vector
from resmem_core.types import (
    Decision,
    Hit,
    Knobs,
    Message,
    Mode,
    Namespace,
    Outcome,
    Signal,
    Verdict,
    check_number,
)

if TYPE_CHECKING:
    from resmem_core.engine.memory import ResilientMemory

TRACE = 4096
"""Steps that a session remembers for traces and pictures."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What one recall put into the context, for credit later. Holds ids and scores, no text."""

    ids: tuple[str, ...]
    scores: tuple[float, ...]


class Session:
    """One conversation. Thread-safe; get it from `ResilientMemory.session`."""

    def __init__(self, memory: ResilientMemory, space: Space, thread_id: str) -> None:
        self.memory = memory
        self.id = thread_id
        self._space = space
        self._parts = memory.parts
        self._lock = RLock()
        self._pending: dict[str, Signal] = {}
        self._context: deque[Recalled] = deque(maxlen=8)
        self.trace: deque[Step] = deque(maxlen=TRACE)
        doc = memory.store.doc("session", self._key)
        profile = self._parts.profile
        self._state = controller.from_doc(doc.body, profile) if doc else controller.start(profile)
        self._last: Step | None = None

    @property
    def _key(self) -> str:
        return f"{key_of(self._space.namespace)}\x1f\x1f{self.id}"

    # -- control

    @property
    def namespace(self) -> Namespace:
        """The namespace this session lives in."""
        return self._space.namespace

    @property
    def knobs(self) -> Knobs:
        """The bounded settings of the next call. No tick, no I/O."""
        return controller.knobs_of(self._state, self._parts.profile)

    @property
    def mode(self) -> Mode:
        """The resilience state machine's mode."""
        return controller.mode_of(self._state)

    @property
    def levels(self) -> dict[str, float]:
        """Each hormone's level, in [0, 1]."""
        return controller.levels_of(self._state, self._parts.profile)

    @property
    def stress(self) -> float:
        """The documented projection of the hormones on stress, in [0, 1]."""
        return controller.stress_of(self._state, self._parts.profile)

    @property
    def curiosity(self) -> float:
        """The documented projection of the hormones on curiosity, in [0, 1]."""
        return controller.curiosity_of(self._state, self._parts.profile)

    def signal(self, *signals: Signal) -> None:
        """Take signals in; they act at the next tick. O(µs), no I/O, safe from any thread.

        Of several signals of one name within a tick, the largest in magnitude counts, so that a
        burst of any length costs the same memory.
        """
        for signal in signals:
            if not isinstance(signal, Signal):
                raise InputTypeError(f"a Signal is needed, got {type(signal).__name__}")
        with self._lock:
            for signal in signals:
                held = self._pending.get(signal.name)
                if held is None or abs(signal.value) >= abs(held.value):
                    self._pending[signal.name] = signal

    def tick(self, dt: float = 1.0) -> Knobs:
        """One turn: the pending signals push the hormones, which compose the next knobs.

        Args:
            dt: length of the turn in turns, > 0.
        """
        return self._tick(dt).knobs

    def _tick(self, dt: float = 1.0) -> Step:
        dt = check_number("dt", dt, 0.0, 1e6)
        with self._lock:
            signals = list(self._pending.values())
            step = controller.step(
                self._state,
                signals,
                dt=dt,
                profile=self._parts.profile,
                safe_mode=self.memory.safe_mode(),
            )
            self._pending.clear()
            self._state, self._last = step.state, step
            self.trace.append(step)
        return step

    def explain(self) -> Step | None:
        """The last tick: which hormone moved which knob by how much, which layer intervened."""
        return self._last

    @property
    def certificate(self) -> Certificate | None:
        """The bounds of section 4.4 as numbers for the last tick, or None before the first."""
        return self._last.certificate if self._last else None

    # -- memory

    def observe(self, message: Message) -> Decision:
        """Take one message in: redact, classify, embed, gate; on disk when this returns.

        Returns:
            The verdict with its reason. `final` is False while the message waits in the
            short-term buffer, where it is already durable and recallable.

        Raises:
            SafeModeError: writes are switched off.
            EmbedderError: the embedder failed; nothing was stored.
            StoreError: the store refused; nothing was stored.
        """
        if not isinstance(message, Message):
            raise InputTypeError(f"a Message is needed, got {type(message).__name__}")
        self.memory.refuse_in_safe_mode("observe")
        prepared = self._prepare(message)
        refused = gate.screen(message, prepared.text, prepared.scores)
        if refused is not None:
            return refused
        for attempt in conflict_free():
            try:
                return self._store(prepared)
            except Conflict:
                if attempt == conflict_free()[-1]:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover

    def _prepare(self, message: Message) -> Prepared:
        text = screen.clean(message.text).text
        text = self._parts.redactor.redact(text).text
        at = self._at(message)
        scores = parts.scores(self._parts.classifier, text)
        injection = screen.injection_score(text)
        if message.role == "user":
            self.signal(*text_signals(scores, injection=injection))
        if injection >= 0.5 and message.trust is None and message.role != "user":
            message = replace(message, trust="quarantined")
        vector = parts.embed(self._parts.embedder, text)
        name = message.id or uuid4().hex
        return Prepared(self._redacted(message), name, text, scores, vector, at, self.id)

    def _at(self, message: Message) -> float:
        if message.at is None:
            return self._parts.clock.now()
        at = message.at
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()

    def _redacted(self, message: Message) -> Message:
        redact = self._parts.redactor.redact
        author = redact(message.author).text if message.author else None
        metadata = {
            key: redact(value).text if isinstance(value, str) else value
            for key, value in message.metadata.items()
        }
        return replace(message, text="", author=author, metadata=metadata)

    def _store(self, item: Prepared) -> Decision:
        space = self._space
        with space.lock:
            space.refresh()
            stored = self.memory.store.sources(space.namespace, [item.id]).get(item.id)
            if stored is not None:
                return Decision(Verdict.MERGE, "this message id is already stored", id=stored)
            write = ingest(
                item,
                space.head,
                space.index,
                space.namespace,
                stress=self.stress,
                curiosity=self.curiosity,
                config=self._parts.gate,
                ttl=self._parts.sleep.ttl,
            )
            space.commit(write, [self._audited(i, d) for i, d in write.due])
        novelty = write.decision.features.get("novelty")
        if novelty is not None:
            self.signal(Signal("novelty", novelty))
        return write.decision

    def _audited(self, ident: str, decision: Decision) -> Op:
        event: dict[str, object] = {
            "event": "gate",
            "id": hashlib.sha256(ident.encode()).hexdigest()[:16],
            "verdict": decision.verdict.value,
            "reason": decision.reason,
            "value": decision.value,
            "price": decision.price,
        }
        return AppendAudit(self.memory.stamped(event, self.namespace))

    def recall(
        self, question: str, *, k: int | None = None, diversity: float | None = None
    ) -> list[Hit]:
        """The memories that answer best, each with the share that every signal had.

        Args:
            question: at most 16,000 characters.
            k: how many, 1 to 10,000; the knob `retrieve_k` when None.
            diversity: 0 for relevance alone, 1 for difference alone; the knob when None.

        Raises:
            InputError, TooLarge: the question is empty or too long, or k is out of range.
        """
        hits = self.search(question, k=k, diversity=diversity)
        with self._lock:
            self._context.append(
                Recalled(tuple(hit.id for hit in hits), tuple(hit.score for hit in hits))
            )
        self.signal(Signal("similarity", hits[0].score if hits else 0.0))
        return hits

    def search(
        self, question: str, *, k: int | None = None, diversity: float | None = None
    ) -> list[Hit]:
        """`recall` without effects: no credit later, no signal now."""
        knobs = self.knobs
        k = knobs.retrieve_k if k is None else k
        recall.check_question(question, max(k, 1) if k == 0 and question else k)
        space = self._space
        with space.lock:
            space.refresh()
            vector = self._query_vector(question)
            return recall.rank(
                space.index,
                question,
                vector,
                now=self._parts.clock.now(),
                k=k,
                diversity=knobs.diversity if diversity is None else diversity,
                stress=self.stress,
                weights=self._parts.recall,
            )

    def _query_vector(self, question: str) -> Vector | None:
        """Reads fail open: without an embedder, recall goes on with the lexical signals."""
        text = query.for_embedding(question, self._space.index)
        try:
            return parts.embed(self._parts.embedder, text)
        except EmbedderError:
            return None

    def outcome(self, outcome: Outcome) -> None:
        """Score the last step: credit to the memories in the context, signals, one tick."""
        self.signal(*outcome_signals(outcome))
        step = self._tick()
        self.memory.refuse_in_safe_mode("outcome")
        with self._lock:
            context = list(self._context)
        for attempt in conflict_free():
            try:
                learn.credit(self._space, context, outcome, [self._saved()])
                break
            except Conflict:
                if attempt == conflict_free()[-1]:
                    raise
        if step.wants_sleep:
            self.memory.wants_sleep(self.namespace)

    def _saved(self) -> Op:
        return PutDoc("session", self._key, controller.to_doc(self._state))

    def save(self) -> None:
        """Write the control state to the store."""
        if self._last is not None:
            self.memory.store.apply([self._saved()])

    # -- async twins

    async def aobserve(self, message: Message) -> Decision:
        """`observe`, off the event loop."""
        return await asyncio.to_thread(self.observe, message)

    async def arecall(
        self, question: str, *, k: int | None = None, diversity: float | None = None
    ) -> list[Hit]:
        """`recall`, off the event loop."""
        return await asyncio.to_thread(self.recall, question, k=k, diversity=diversity)

    async def aoutcome(self, outcome: Outcome) -> None:
        """`outcome`, off the event loop."""
        await asyncio.to_thread(self.outcome, outcome)

    def state(self) -> Mapping[str, object]:
        """The control state as JSON-ready floats (no text), for a checkpointer."""
        return controller.to_doc(self._state)

    def restore(self, doc: Mapping[str, object]) -> None:
        """Take a control state back, as `state` gave it."""
        with self._lock:
            self._state = controller.from_doc(doc, self._parts.profile)
            self._pending.clear()
