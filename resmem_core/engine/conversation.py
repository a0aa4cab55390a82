"""`Conversation`: a control loop, and its way into the namespace's memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence

from resmem_core.control.controller import Step
from resmem_core.control.signals import outcome_signals
from resmem_core.engine.base.locks import ProcessLock
from resmem_core.engine.base.outage import Outage
from resmem_core.engine.base.telemetry import traced
from resmem_core.engine.loop.controlled import Controlled
from resmem_core.engine.loop.session_loop import loop_of
from resmem_core.engine.loop.topic import Topic
from resmem_core.engine.reading.search import search
from resmem_core.engine.state.external_credit import Standing, Used
from resmem_core.engine.state.namespace_state import NamespaceState, retried, session_key
from resmem_core.engine.state.runtime import Runtime
from resmem_core.engine.state.stages import Candidate
from resmem_core.engine.writing import crediting, views
from resmem_core.engine.writing.commit import commit, novelty, verdicts
from resmem_core.engine.writing.preprocess import preprocess
from resmem_core.errors import InputTypeError, ResmemError
from resmem_core.protocols import Clock, Op
from resmem_core.types import Decision, Hit, Hits, Message, Namespace, Outcome, SignalName

CONTEXT = 8
"""Recalls that an outcome may still give credit to."""


class Conversation(Controlled):
    """What a `Session` does in the thread that calls it.

    Args:
        runtime: the open memory that it belongs to.
        state: its namespace.
        thread_id: the conversation's id.
        sleep_soon: called when its fatigue asks for consolidation.
    """

    def __init__(
        self,
        runtime: Runtime,
        state: NamespaceState,
        thread_id: str,
        sleep_soon: Callable[[], None],
    ) -> None:
        self.id = thread_id
        self._runtime = runtime
        self._namespace_state = state
        self._sleep_soon = sleep_soon
        self._lock = ProcessLock()
        self._context: deque[tuple[Hit, ...]] = deque(maxlen=CONTEXT)
        self._topic = Topic()
        self._foreign: deque[Used] = deque(maxlen=CONTEXT * 64)
        self._erasures = state.erasures
        super().__init__(loop_of(runtime, self._key), runtime.health)

    @property
    def _key(self) -> str:
        return session_key(self._namespace_state.namespace, self.id)

    @property
    def namespace(self) -> Namespace:
        """The namespace this session lives in."""
        return self._namespace_state.namespace

    @property
    def outage(self) -> Outage:
        """Says once that the store is away (for adapters)."""
        return self._runtime.outage

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        return self._runtime.components.clock

    def observe(self, message: Message) -> Decision:
        """Take one message in: redact, classify, embed, gate; on disk when this returns.

        Returns:
            The verdict with its reason. `final` is False while the message waits in the
            short-term buffer, where it is already durable and recallable.

        Raises:
            SafeModeError: writes are switched off.
            EmbedderError, ClassifierError: that part failed; nothing was stored.
            StoreError: the store refused; nothing was stored.
        """
        return self.observe_all([message])[0]

    @traced("upsert_memory")
    def observe_all(self, messages: Sequence[Message]) -> list[Decision]:
        """`observe` for several messages in order, in one durable transaction: all or none."""
        self._runtime.refuse_in_safe_mode("observe")
        candidates = self._taken(messages)
        refused = [candidate.refused for candidate in candidates if candidate.refused is not None]
        if len(refused) == len(candidates):
            return refused
        decisions = self._write(candidates)
        self._novel(decisions)
        return decisions

    @traced("upsert_memory")
    def turn(self, messages: Sequence[Message], outcome: Outcome) -> list[Decision]:
        """The end of a turn: `observe_all` and `outcome` in one durable transaction.

        Raises:
            EmbedderError, ClassifierError: that part failed; the outcome was taken alone.
            SafeModeError, StoreError: as those two; the tick was taken, nothing was stored.
        """
        try:
            candidates = self._taken(messages)
        except ResmemError:
            self.outcome(outcome)
            raise
        return self._finish(candidates, outcome)

    def _taken(self, messages: Sequence[Message]) -> list[Candidate]:
        """The messages preprocessed, and what their texts signal."""
        parts = self._runtime.components
        candidates = [preprocess(message, self.id, parts) for message in messages]
        for candidate in candidates:
            self.signal(*candidate.signals)
            if candidate.message.role == "user" and candidate.refused is None:
                self._follow(candidate)
        return candidates

    def _follow(self, candidate: Candidate) -> None:
        """Signal how far the user's message is from the topic so far."""
        self._topic, distance = self._topic.after(candidate.vector)
        if distance is not None:
            self.reading("topic_change", distance)

    def _write(
        self, candidates: Sequence[Candidate], closed: crediting.ClosedTurn | None = None
    ) -> list[Decision]:
        state, stress, curiosity = self._namespace_state, self.stress, self.curiosity
        self._erasures = state.erasures
        return retried(
            lambda: commit(state, candidates, closed, stress=stress, curiosity=curiosity)
        )

    def _novel(self, decisions: Sequence[Decision]) -> None:
        news = novelty(decisions)
        if news is not None:
            self.reading("novelty", news)

    def _verdicts(self, candidates: Sequence[Candidate]) -> list[Decision]:
        if all(candidate.refused for candidate in candidates):  # the store is not asked
            return [candidate.refused for candidate in candidates if candidate.refused]
        return verdicts(
            self._namespace_state, candidates, stress=self.stress, curiosity=self.curiosity
        )

    def judge(self, message: Message) -> Decision:
        """The gate's verdict on a message as of now; nothing is stored, charged or signalled."""
        return self._verdicts([preprocess(message, self.id, self._runtime.components)])[0]

    # -- reading

    def recall(
        self,
        question: str,
        *,
        k: int | None = None,
        diversity: float | None = None,
        exclude: Collection[str] = (),
        min_relevance: float | None = None,
    ) -> Hits:
        """The memories that answer best, each with the share that every signal had.

        Args:
            question: at most 16,000 characters.
            k: how many, 1 to 10,000; the knob `retrieve_k` when None.
            diversity: 0 for relevance alone, 1 for difference alone; the knob when None.
            exclude: ids of memories or messages that the context holds already.
            min_relevance: least `Hit.relevance`, in [0, 1]; 0 for the k best whatever they say.
                The default brings nothing for small talk and for what nothing stored speaks of.

        Returns:
            The k best hits, best first, and behind them the user's standing instructions, whatever
            is asked (`Hit.standing`); where there are none, `reason` says why.

        Raises:
            InputError, TooLarge: the question is empty or too long, or a number is out of range.
        """
        hits = self.search(
            question, k=k, diversity=diversity, exclude=exclude, min_relevance=min_relevance
        )
        with self._lock:
            self._context.append(tuple(hits))
        if hits:
            self.reading("similarity", hits[0].score)
        return hits

    @property
    def recalled(self) -> tuple[Hit, ...]:
        """What the last recall put into the context."""
        return self._context[-1] if self._context else ()

    @traced("search_memory")
    def search(
        self,
        question: str,
        *,
        k: int | None = None,
        diversity: float | None = None,
        exclude: Collection[str] = (),
        min_relevance: float | None = None,
    ) -> Hits:
        """`recall` without effects: no credit later, no signal now."""
        knobs = self.knobs
        if k is None and knobs.retrieve_k == 0:
            return Hits(reason="retrieve_k is 0")
        views.take_in(self._runtime, self._namespace_state)
        return search(
            self._namespace_state,
            question,
            k=knobs.retrieve_k if k is None else k,
            diversity=knobs.diversity if diversity is None else diversity,
            stress=self.stress,
            exclude=exclude,
            min_relevance=min_relevance,
        )

    # -- outcomes

    def reading(self, name: SignalName, value: float, *, source: str = "") -> None:
        """Signal a raw number whose usual level is not known, such as a retriever's score.

        It is compared with earlier ones of its name and source in this namespace: an ordinary
        one stands at the signal's reference, and one standard deviation moves it by a quarter of
        its scale. The first eight only teach what is ordinary.

        Raises:
            InputError: no signal of that name, or the value is not finite.
        """
        signal = self._namespace_state.baselines.take(name, value, source)
        if signal is not None:
            self.signal(signal)

    def use(self, items: Iterable[Used]) -> None:
        """Note items of a framework's own index that were put into the context, for credit."""
        with self._lock:
            self._foreign.extend(items)

    def credit(self, ids: Sequence[str]) -> dict[str, Standing]:
        """Credit and uses of foreign items, as earlier outcomes left them."""
        entries = self._namespace_state.external_credit.get().entries
        return {key: entries[key] for key in ids if key in entries}

    def outcome(self, outcome: Outcome) -> None:
        """Score the last step: signals, one tick, and credit to what was in the context.

        Raises:
            SafeModeError: writes are switched off; the tick was taken, no credit was given.
        """
        self._finish((), outcome)

    def _finish(self, candidates: Sequence[Candidate], outcome: Outcome) -> list[Decision]:
        if not isinstance(outcome, Outcome):
            raise InputTypeError(f"an Outcome is needed, got {type(outcome).__name__}")
        # the tick is taken before the write, which may be worked out several times
        self._novel(self._verdicts(candidates))
        step, closed = self._closed(outcome)
        decisions = self._write(candidates, closed)
        if step.wants_sleep:
            self._sleep_soon()
        return decisions

    def _closed(self, outcome: Outcome) -> tuple[Step, crediting.ClosedTurn]:
        """The tick that the outcome closes, and what it scores."""
        self.signal(*outcome_signals(outcome))
        self.loop.worked(outcome.tokens or 0)
        if self.loop.instrumentation is not None:
            self.loop.instrumentation.reward(outcome, self._credit_in_context())
        step = self.loop.step()
        self._runtime.refuse_in_safe_mode("credit")
        with self._lock:
            context, foreign = list(self._context), list(self._foreign)
            self._foreign.clear()
        return step, crediting.ClosedTurn(outcome, context, foreign, self._ops())

    def _credit_in_context(self) -> float | None:
        """Mean credit of what was recalled last, in [-1, 1]."""
        hits = self.recalled
        return sum(hit.memory.credit for hit in hits) / len(hits) if hits else None

    def _ops(self, *, all_: bool = False) -> list[Op]:
        baselines = self._namespace_state.baselines.ops()
        return [*self.loop.ops(self._key, all_=all_), *baselines, *self._runtime.latencies.ops()]

    def save(self) -> None:
        """Write the control state to the store, unless all of the namespace was forgotten since."""
        known = self._erasures == self._namespace_state.erasures
        if known and self.loop.explain() is not None:
            self._runtime.store.apply(self._ops(all_=True))
