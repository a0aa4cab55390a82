"""`ResmemStore`: a LangGraph `BaseStore` that keeps faithfully, or through the gate if asked."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from resmem_core.errors import ConfigError, ResmemError, missing_extra

try:
    from langgraph.config import get_config
    from langgraph.prebuilt.tool_node import ToolInvocationError
    from langgraph.store.base import BaseStore, IndexConfig, Op, PutOp, Result, TTLConfig

    from resmem_langchain._store.docs import DocStore
    from resmem_langchain._store.match import check_op
    from resmem_langchain._store.sweep import Sweep
    from resmem_langchain._store.view import View
except ImportError as error:
    if isinstance(error, ResmemError):
        raise
    raise missing_extra("langgraph", "langgraph") from error

from resmem_core import ResilientMemory
from resmem_core.engine.checked import check_memory
from resmem_core.types import MAX_TEXT, Decision, Message, Namespace, Verdict

logger = logging.getLogger(__name__)

OnReject = Literal["raise", "quarantine", "drop"]

QUARANTINE: Final = "resmem_quarantine"
"""First label of the namespace where refused items wait when `on_reject="quarantine"`."""

LOG: Final = 1000
"""Decisions that a gated store remembers."""

_SESSION: Final = "store"


class PutRejected(ResmemError, ValueError, ToolInvocationError):
    """The gate refused a put, so nothing of its batch was written; `reason` says why.

    A tool node answers the model with it, as with arguments that a tool cannot take: no tool can
    claim that something was stored, and no agent ends for it.
    """

    def __init__(self, namespace: Namespace, reason: str) -> None:
        self.message = f"put refused by the gate: {reason}; nothing of this batch was written"
        Exception.__init__(self, self.message)
        self.namespace = namespace
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StoreDecision:
    """One verdict on one put. Holds no value and no text."""

    namespace: Namespace
    key: str
    verdict: Verdict
    reason: str


class ResmemStore(BaseStore):
    """LangGraph's long-term memory, kept by Resilient Memory.

    Without `gate` it does what `BaseStore` promises: what is put is there, durably, until it is
    deleted or expires. With `gate=True` each new value is judged first, and values that are not
    worth keeping are refused openly, quarantined, or dropped; the verdicts are in `decisions`. A
    kept value is also observed by the memory, so that a repeat is recognised.

    Args:
        memory: where items are kept (unless `inner` is given), and whose gate judges.
        inner: another store to keep the items in, such as a PostgresStore.
        index: dims, embed, fields for semantic search; only without `inner`.
        ttl: times to live, in minutes; only without `inner`.
        gate: judge puts before they are kept.
        on_reject: what happens to a refused put: "raise" `PutRejected` (nothing of the batch is
            written), "quarantine" under `("resmem_quarantine", *namespace)`, or "drop" it. A tool
            that reports its own success, as LangMem's do, is only honest with "raise": its node
            answers the model with the refusal. In other nodes of a graph "raise" quarantines, so
            that no agent ends for a put.
        text: value -> the text to judge, and that recall sees; all strings of the value by default.
        shared: the store and recall are one memory: a search also finds what conversations left in
            the namespace, recall also finds the items, and who forgets one forgets the other. With
            `gate` or `inner` recall sees what the gate kept, and the items stay as they are.

    Example:
        >>> memory = ResilientMemory.open(":memory:")
        >>> store = ResmemStore(memory)
        >>> store.put(("acme", "ada"), "home", {"city": "Lisbon"})
        >>> store.get(("acme", "ada"), "home").value
        {'city': 'Lisbon'}
        >>> memory.close()
    """

    def __init__(
        self,
        memory: ResilientMemory,
        *,
        inner: BaseStore | None = None,
        index: IndexConfig | None = None,
        ttl: TTLConfig | None = None,
        gate: bool = False,
        on_reject: OnReject = "raise",
        text: Callable[[Mapping[str, Any]], str] | None = None,
        shared: bool = True,
    ) -> None:
        if inner is not None and (index is not None or ttl is not None):
            raise ConfigError("give index and ttl to the inner store, not to both")
        if on_reject not in ("raise", "quarantine", "drop"):
            raise ConfigError(f"on_reject is raise, quarantine or drop, got {on_reject!r:.40}")
        clock = check_memory(memory).clock
        words = text or strings
        view = View(memory) if shared and not gate else None
        self.inner = inner or DocStore(
            memory.store, clock, index=index, ttl=ttl, text=words, view=view
        )
        self.index_config = getattr(self.inner, "index_config", None)
        self.supports_ttl = self.inner.supports_ttl
        self.ttl_config = self.inner.ttl_config
        self.decisions: deque[StoreDecision] = deque(maxlen=LOG)
        self._memory = memory
        self._gate = gate
        self._on_reject: OnReject = on_reject
        self._text = words

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Run the operations; one result per operation, in the same order."""
        asked = list(ops)
        if not self._gate:
            return self.inner.batch(asked)
        allowed = self._judged(asked)
        results = self.inner.batch([op for op in allowed if op is not None])
        self._observe(asked, allowed)
        return _spread(results, allowed)

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """`batch`, off the event loop."""
        asked = list(ops)
        if not self._gate:
            return await self.inner.abatch(asked)
        allowed = await asyncio.to_thread(self._judged, asked)
        results = await self.inner.abatch([op for op in allowed if op is not None])
        await asyncio.to_thread(self._observe, asked, allowed)
        return _spread(results, allowed)

    def sweep_ttl(self) -> int:
        """Delete expired items now; 0 where the inner store cannot be asked to."""
        sweep: Callable[[], int] | None = getattr(self.inner, "sweep_ttl", None)
        return sweep() if sweep else 0

    def start_ttl_sweeper(self, sweep_interval_minutes: float | None = None) -> Sweep:
        """Delete expired items in the background, at the interval of the `ttl` settings or this.

        Returns:
            A future that is done when the sweeper stopped; to await it changes nothing.

        Raises:
            ConfigError: the inner store has no sweeper.
        """
        start: Callable[[float | None], Sweep] = self._of_inner("start_ttl_sweeper")
        return start(sweep_interval_minutes)

    def stop_ttl_sweeper(self, timeout: float | None = None) -> bool:
        """Stop deleting in the background; whether it ended within so many seconds."""
        stop: Callable[[float | None], bool] = self._of_inner("stop_ttl_sweeper")
        return stop(timeout)

    def _of_inner(self, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] | None = getattr(self.inner, name, None)
        if found is None:
            raise ConfigError(f"the inner store, {type(self.inner).__name__}, has no {name}")
        return found

    # -- the gate

    def _judged(self, ops: Sequence[Op]) -> list[Op | None]:
        """The operations to run: refused puts become quarantined ones, or None."""
        return [self._judge(op) if isinstance(op, PutOp) else op for op in ops]

    def _judge(self, op: PutOp) -> PutOp | None:
        check_op(op)
        if op.value is None or self._same(op):
            return op
        decision = self._decide(op)
        self.decisions.append(
            StoreDecision(op.namespace, op.key, decision.verdict, decision.reason)
        )
        if decision.verdict is Verdict.KEEP:
            return op
        logger.info("put refused: %s", decision.reason)
        if self._on_reject == "raise" and _may_raise():
            raise PutRejected(op.namespace, decision.reason)
        if self._on_reject in ("quarantine", "raise"):
            return op._replace(namespace=(QUARANTINE, *op.namespace))
        return None

    def _decide(self, op: PutOp) -> Decision:
        session = self._memory.session(_SESSION, namespace=op.namespace)
        return session.judge(self._message(op))

    def _same(self, op: PutOp) -> bool:
        """Whether the put changes nothing; to say a thing twice under one key is no repeat."""
        item = self.inner.get(op.namespace, op.key, refresh_ttl=False)
        return item is not None and item.value == op.value

    def _message(self, op: PutOp) -> Message:
        text = self._text(op.value or {})[:MAX_TEXT]
        digest = hashlib.sha256(f"{op.key}\x1f{text}".encode("utf-8", "replace")).hexdigest()
        return Message("user", text, id=digest[:32], metadata={"store_key": op.key})

    def _observe(self, asked: Sequence[Op], allowed: Sequence[Op | None]) -> None:
        """Let the memory see what was kept, and forget what was deleted."""
        for op, run in zip(asked, allowed, strict=True):
            if run is not op or not isinstance(op, PutOp):
                continue
            if op.value is None:
                self._forget(op)
            else:
                session = self._memory.session(_SESSION, namespace=op.namespace)
                session.observe(self._message(op))

    def _forget(self, op: PutOp) -> None:
        found = self._memory.scan(op.namespace)
        ids = [m.id for m in found if m.metadata.get("store_key") == op.key]
        if ids:
            self._memory.forget(op.namespace, ids, tombstones=False)


def _may_raise() -> bool:
    """Whether an error would end no agent: outside a graph, or in its tool node."""
    try:
        node = get_config().get("metadata", {}).get("langgraph_node")
    except RuntimeError:
        return True
    return node in (None, "tools")


def strings(value: Mapping[str, Any]) -> str:
    """Every string of a value, in order, one per line.

    >>> strings({"content": "Ada lives in Lisbon", "tags": ["home", {"lang": "en"}], "n": 1})
    'Ada lives in Lisbon\\nhome\\nen'
    """
    return "\n".join(_leaves(value))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)


def _spread(results: Sequence[Result], allowed: Sequence[Op | None]) -> list[Result]:
    """The results in the places of the operations that ran; None for those that did not."""
    ran = iter(results)
    return [None if op is None else next(ran) for op in allowed]
