"""`ResmemCallbackHandler`: what happens in any LangChain run, as signals of a session."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from resmem_core.errors import CircuitOpen, missing_extra

try:
    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.documents import Document
    from langchain_core.messages import ToolMessage
    from langchain_core.outputs import LLMResult
except ImportError as error:
    raise missing_extra("langchain", "langchain_core") from error

from resmem_core import Session
from resmem_core.control.signals import named, tool_signals
from resmem_core.engine.writing.hearing import heard
from resmem_core.types import Signal, check_tokens
from resmem_langchain._turn.messages import is_error, text_of, tokens_of
from resmem_langchain._turn.turns import signals_of

OPEN_RUNS: Final = 4096
"""Runs under way that are remembered; a run that never ends is given up after this many."""

EVENT: Final = "resmem_signal"
"""`dispatch_custom_event("resmem_signal", {"name": "feedback", "value": 1.0})` is a signal."""


_LANGCHAIN: Final = logging.getLogger("langchain_core.callbacks.manager")


def _is_news(record: logging.LogRecord) -> bool:
    """Whether LangChain tells of something that its caller does not get: a refusal is raised."""
    told = record.args[-1] if isinstance(record.args, tuple) and record.args else ""
    return not str(told).startswith(f"{CircuitOpen.__name__}(")


class ResmemCallbackHandler(BaseCallbackHandler):
    """Errors, latency, tokens, retries, retrieval scores and custom events, as signals.

    It only listens: LangChain gives a callback no way to change a call, so pair it with
    `tuned(model, session)`, which reads the knobs. It does no I/O and runs inline, also in async
    runs. Do not add it to an agent that has `ResmemMiddleware`: every error would count twice.

    Args:
        session: the conversation that feels what happens.
        token_budget: tokens that the conversation may spend; the share spent is signalled after
            each call as `budget`. None: no such signal.
        breaker: raise `CircuitOpen` instead of calling the model while the session's circuit
            breaker is open (5 failures of the last 20 calls, then 5 to 60 seconds, then a probe).
            Each call then ticks the session, so give `tuned` its `tick=False`.

    Example:
        >>> from langchain_core.tools import tool
        >>> from resmem_core import ResilientMemory
        >>> memory = ResilientMemory.open(":memory:")
        >>> session = memory.session("1", namespace=("acme", "ada"))
        >>> handler = ResmemCallbackHandler(session)
        >>> @tool
        ... def add(a: int, b: int) -> int:
        ...     "Add two numbers."
        ...     return a + b
        >>> add.invoke({"a": 1, "b": 2}, {"callbacks": [handler]})
        3
        >>> memory.close()
    """

    run_inline = True

    def __init__(
        self, session: Session, *, token_budget: int | None = None, breaker: bool = False
    ) -> None:
        super().__init__()
        self.session = session
        self.raise_error = breaker
        if breaker:
            _LANGCHAIN.addFilter(_is_news)
        self._breaker = breaker
        self._budget = None if token_budget is None else check_tokens(token_budget, 1)
        self._spent = 0
        self._began: OrderedDict[UUID, float] = OrderedDict()
        self._lock = Lock()

    # -- model calls

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[Any]], *, run_id: UUID, **_: Any
    ) -> None:
        """Start the clock of this call, or refuse it."""
        self._start(run_id)

    def on_llm_start(
        self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **_: Any
    ) -> None:
        """Start the clock of a completion model's call, or refuse it."""
        self._start(run_id)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        """Latency, tokens, truncation, calls that do not parse."""
        seconds = self._took(run_id)
        messages = [
            getattr(generation, "message", None)
            for generations in response.generations
            for generation in generations
        ]
        if seconds is not None:
            self.session.signal(Signal("latency", seconds))
        self.session.signal(*signals_of(messages))
        self._spend(sum(map(tokens_of, messages)), seconds or 0.0)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """The provider failed."""
        self._took(run_id)
        if not isinstance(error, CircuitOpen):
            self.session.signal(Signal("provider_error", 1.0))

    def on_retry(self, retry_state: Any, *, run_id: UUID, **_: Any) -> None:
        """Something is being tried again; its failure is a signal, once per attempt."""
        self.session.signal(Signal("provider_error", 1.0))

    # -- tools

    def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        """A tool answered, perhaps with an error that it handled itself."""
        failed = getattr(output, "status", None) == "error" and is_error(output)
        text = text_of(output) if isinstance(output, ToolMessage) else output
        read = heard(text) if isinstance(text, str) else []
        self.session.signal(*tool_signals(failed=failed), *read)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """A tool raised. An interrupt that asks a person is no error."""
        if type(error).__name__ not in _BUBBLES:
            self.session.signal(Signal("tool_error", 1.0))

    # -- retrieval

    def on_retriever_end(self, documents: Sequence[Document], *, run_id: UUID, **_: Any) -> None:
        """How close the best document came, where the retriever says so, and what they order."""
        self.session.signal(*heard("\n\n".join(d.page_content for d in documents)))
        scores = [s for d in documents if (s := _score(d.metadata)) is not None]
        if scores or not documents:
            self.session.reading("similarity", max(scores, default=0.0), source="retriever")

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Retrieval failed."""
        self.session.signal(Signal("tool_error", 1.0))

    # -- your own events

    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **_: Any) -> None:
        """`dispatch_custom_event("resmem_signal", {"name": …, "value": …})`; others pass by."""
        if name == EVENT and isinstance(data, Mapping):
            self.session.signal(Signal(named(data["name"]), float(data.get("value", 1.0))))

    def _start(self, run_id: UUID) -> None:
        if self._breaker:
            self.session.begin_call()
            step = self.session.explain()
            if step is not None and step.breaker == "open":
                raise CircuitOpen(step.retry_after)
        with self._lock:
            self._began[run_id] = perf_counter()
            if len(self._began) > OPEN_RUNS:
                self._began.popitem(last=False)

    def _took(self, run_id: UUID) -> float | None:
        """Seconds since the run began; None if its start was not seen."""
        with self._lock:
            began = self._began.pop(run_id, None)
        return None if began is None else perf_counter() - began

    def _spend(self, tokens: int, seconds: float) -> None:
        self.session.spend(tokens, seconds)
        if self._budget is None:
            return
        with self._lock:
            self._spent += tokens
            share = min(1.0, self._spent / self._budget)
        self.session.signal(Signal("budget", share))


_BUBBLES: Final = frozenset({"GraphInterrupt", "NodeInterrupt", "ParentCommand", "GraphBubbleUp"})


def _score(metadata: Mapping[str, Any]) -> float | None:
    """A retriever's similarity in [0, 1], under the names that retrievers use."""
    for key in ("score", "relevance_score", "similarity"):
        value = metadata.get(key)
        if isinstance(value, int | float):
            return min(1.0, max(0.0, float(value)))
    return None
