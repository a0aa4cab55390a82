"""`ResmemEventHandler`: LlamaIndex's events and spans as signals of the session they belong to."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.instrumentation.events.exception import ExceptionEvent
from llama_index.core.instrumentation.events.llm import (
    LLMChatEndEvent,
    LLMChatStartEvent,
    LLMCompletionEndEvent,
    LLMCompletionStartEvent,
)
from llama_index.core.instrumentation.events.retrieval import RetrievalEndEvent
from llama_index.core.tools.types import BaseTool
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.dispatcher import Dispatcher
from llama_index_instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation.span import BaseSpan
from llama_index_instrumentation.span_handlers import BaseSpanHandler

from resmem_core.engine.writing.hearing import heard
from resmem_core.types import Signal, SignalName
from resmem_llamaindex._signals.router import DEFAULT_BUDGET, SignalRouter
from resmem_llamaindex._turn.readings import first_sight, similarity_of

if TYPE_CHECKING:
    from resmem_core import ResilientMemory, Session

_log = logging.getLogger(__name__)

MAX_OPEN: Final = 4_096
"""Calls whose end is awaited; abandoned streams never end."""

_PAUSES: Final = frozenset({"WaitingForEvent"})
"""Exceptions by which a workflow waits for a person: no errors."""


class _Open:
    """Open spans and running model calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parents: OrderedDict[str, str | None] = OrderedDict()
        self._started: OrderedDict[str, float | None] = OrderedDict()

    def enter(self, span: str, parent: str | None) -> None:
        with self._lock:
            self._parents[span] = parent
            _trim(self._parents)

    def leave(self, span: str) -> None:
        with self._lock:
            self._parents.pop(span, None)

    def start(self, span: str, now: float) -> None:
        """A model call began; within another model call it counts as that one."""
        with self._lock:
            self._started[span] = None if self._within_call(span) else now
            _trim(self._started)

    def _within_call(self, span: str) -> bool:
        parent = self._parents.get(span)
        while parent is not None:
            if parent in self._started:
                return True
            parent = self._parents.get(parent)
        return False

    def finish(self, span: str) -> float | None:
        """When the call began, or None for one that does not count."""
        with self._lock:
            return self._started.pop(span, None)


def _trim(held: OrderedDict[str, Any]) -> None:
    while len(held) > MAX_OPEN:
        held.popitem(last=False)


class _Listener:
    """What the handlers share, as a plain object: a pydantic one is slower to ask."""

    def __init__(self, router: SignalRouter) -> None:
        self.router = router
        self.open = _Open()
        self.routes: dict[type, Callable[[Any], None]] = {
            LLMChatStartEvent: self._started,
            LLMCompletionStartEvent: self._started,
            LLMChatEndEvent: self._ended,
            LLMCompletionEndEvent: self._ended,
            RetrievalEndEvent: self._retrieved,
            ExceptionEvent: self._raised,
        }

    def _started(self, event: BaseEvent) -> None:
        self.open.start(event.span_id or "", time.perf_counter())

    def _ended(self, event: LLMChatEndEvent | LLMCompletionEndEvent) -> None:
        began = self.open.finish(event.span_id or "")
        if began is not None:
            self.router.call(time.perf_counter() - began, event.response)

    def _retrieved(self, event: RetrievalEndEvent) -> None:
        self.router.retrieved(similarity_of(event.nodes))

    def _raised(self, event: ExceptionEvent) -> None:
        """A stream that broke off: no span drops for it."""
        self.open.finish(event.span_id or "")
        if isinstance(event.exception, Exception) and first_sight(event.exception):
            self.router.signal(Signal("provider_error", 1.0))


class ResmemSpanHandler(BaseSpanHandler[BaseSpan]):
    """Tool results and errors as signals; stores no spans. Attached by `ResmemEventHandler`."""

    _listener: _Listener = PrivateAttr()

    def __init__(self, listener: _Listener) -> None:
        super().__init__()
        self._listener = listener

    @classmethod
    def class_name(cls) -> str:
        """Name of the class."""
        return "ResmemSpanHandler"

    def span_enter(self, id_: str, *args: Any, parent_id: str | None = None, **kwargs: Any) -> None:
        """Remember what the span is part of."""
        self._listener.open.enter(id_, parent_id)

    def span_exit(
        self, id_: str, *args: Any, instance: Any = None, result: Any = None, **kwargs: Any
    ) -> None:
        """A tool that returned: well, or with an error as its output."""
        self._listener.open.leave(id_)
        if isinstance(instance, BaseTool) and hasattr(result, "is_error"):
            self._listener.router.tool(_name_of(instance), failed=bool(result.is_error))
            self._listener.router.signal(*heard(str(getattr(result, "content", "") or "")))

    def span_drop(
        self,
        id_: str,
        *args: Any,
        instance: Any = None,
        err: BaseException | None = None,
        **kwargs: Any,
    ) -> None:
        """An error passes through a span: counted in the innermost one, by what failed there."""
        self._listener.open.leave(id_)
        self._listener.open.finish(id_)
        if not isinstance(err, Exception) or type(err).__name__ in _PAUSES:
            return
        name = _blamed(instance)
        if name is None or not first_sight(err):
            return
        if isinstance(instance, BaseTool):
            self._listener.router.tool(_name_of(instance), error=err)
        else:
            self._listener.router.signal(Signal(name, 1.0))

    def new_span(self, *args: Any, **kwargs: Any) -> None:
        """Spans are not stored."""

    def prepare_to_exit_span(self, *args: Any, **kwargs: Any) -> None:
        """Spans are not stored."""

    def prepare_to_drop_span(self, *args: Any, **kwargs: Any) -> None:
        """Spans are not stored."""


def _name_of(tool: BaseTool) -> str:
    return str(tool.metadata.get_name())


def _blamed(instance: Any) -> SignalName | None:
    """Which signal a failure in this object is, or None for the code around it."""
    if isinstance(instance, BaseLLM | BaseEmbedding):
        return "provider_error"
    return "tool_error" if isinstance(instance, BaseTool | BaseRetriever) else None


class ResmemEventHandler(BaseEventHandler):
    """
    Feeds a session with what LlamaIndex reports: errors, tool results, latency, tokens, scores.

    Each error counts once, however many spans it passes through. Handling an event takes
    microseconds and does no I/O. LlamaIndex's handlers are global to the process: signals go to
    the session of the `scope` in which they occur, or of the instrument tags when `memory` is
    given (its first event opens that session), else to `session`.

    Args:
        session: for programs with one conversation; ignored inside another session's scope.
        memory: where sessions named by instrument tags live.
        token_budget (int): tokens of one conversation that are its whole budget.

    Examples:
        ```python
        handler = ResmemEventHandler().attach()
        with scope(session):
            agent_response = await agent.run("...")
        handler.detach()
        ```
    """

    _listener: _Listener = PrivateAttr()
    _spans: ResmemSpanHandler = PrivateAttr()

    def __init__(
        self,
        session: Session | None = None,
        *,
        memory: ResilientMemory | None = None,
        token_budget: int = DEFAULT_BUDGET,
    ) -> None:
        super().__init__()
        self._listener = _Listener(SignalRouter(session, memory, token_budget))
        # Once more where Python looks first: pydantic's way to a private attribute costs 1.3 µs,
        # and `handle` is called for every token of every stream.
        self.__dict__["_listener"] = self._listener
        self._spans = ResmemSpanHandler(self._listener)

    @classmethod
    def class_name(cls) -> str:
        """Name of the class."""
        return "ResmemEventHandler"

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        """Turn one event into signals. Errors in here are logged: LlamaIndex swallows them."""
        route = self._listener.routes.get(type(event))
        if route is None:
            return
        try:
            route(event)
        except Exception:
            _log.exception("an event was not taken in")

    # --- attaching: LlamaIndex offers no way to remove a handler ---

    def attach(self, dispatcher: Dispatcher | None = None) -> Self:
        """Listen to everything below `dispatcher` (the root by default); twice is once."""
        root = dispatcher or get_dispatcher()
        if not any(held is self for held in root.event_handlers):
            root.add_event_handler(self)
            root.add_span_handler(self._spans)
        return self

    def detach(self, dispatcher: Dispatcher | None = None) -> None:
        """Stop listening; other handlers stay."""
        root = dispatcher or get_dispatcher()
        root.event_handlers = [held for held in root.event_handlers if held is not self]
        root.span_handlers = [held for held in root.span_handlers if held is not self._spans]

    def __enter__(self) -> Self:
        return self.attach()

    def __exit__(self, *exc: object) -> None:
        self.detach()
