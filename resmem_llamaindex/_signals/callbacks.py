"""`ResmemCallbackHandler`: signals for those who still use LlamaIndex's `CallbackManager`."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from llama_index.core.callbacks.base_handler import BaseCallbackHandler
from llama_index.core.callbacks.schema import CBEventType, EventPayload

from resmem_core.types import Signal, SignalName
from resmem_llamaindex._signals.router import DEFAULT_BUDGET, SignalRouter
from resmem_llamaindex._turn.readings import first_sight, similarity_of

if TYPE_CHECKING:
    from resmem_core import ResilientMemory, Session

MAX_OPEN: Final = 4_096

_SOURCES: Final[dict[CBEventType, SignalName]] = {
    CBEventType.LLM: "provider_error",
    CBEventType.EMBEDDING: "provider_error",
    CBEventType.FUNCTION_CALL: "tool_error",
    CBEventType.RETRIEVE: "tool_error",
}


class ResmemCallbackHandler(BaseCallbackHandler):
    """
    Errors, latency, tokens and retrieval scores as signals, by the old callbacks.

    Prefer `ResmemEventHandler`: agents report only model calls to a `CallbackManager`, and no tool
    errors. With both attached, errors still count once.

    Args:
        session, memory, token_budget: as for `ResmemEventHandler`.

    Examples:
        ```python
        Settings.callback_manager = CallbackManager([ResmemCallbackHandler(session)])
        ```
    """

    def __init__(
        self,
        session: Session | None = None,
        *,
        memory: ResilientMemory | None = None,
        token_budget: int = DEFAULT_BUDGET,
    ) -> None:
        super().__init__(event_starts_to_ignore=[], event_ends_to_ignore=[])
        self._router = SignalRouter(session, memory, token_budget)
        self._started: OrderedDict[str, float] = OrderedDict()

    def on_event_start(
        self,
        event_type: CBEventType,
        payload: dict[str, Any] | None = None,
        event_id: str = "",
        parent_id: str = "",
        **kwargs: Any,
    ) -> str:
        """Note when a model call begins."""
        if event_type is CBEventType.LLM:
            self._started[event_id] = time.perf_counter()
            while len(self._started) > MAX_OPEN:
                self._started.popitem(last=False)
        return event_id

    def on_event_end(
        self,
        event_type: CBEventType,
        payload: dict[str, Any] | None = None,
        event_id: str = "",
        **kwargs: Any,
    ) -> None:
        """Turn what ended into signals."""
        payload = payload or {}
        began = self._started.pop(event_id, None)
        error = payload.get(EventPayload.EXCEPTION)
        if isinstance(error, Exception):
            source = _SOURCES.get(event_type)
            if source is not None and first_sight(error):
                self._router.signal(Signal(source, 1.0))
        elif event_type is CBEventType.LLM and began is not None:
            response = payload.get(EventPayload.RESPONSE) or payload.get(EventPayload.COMPLETION)
            self._router.call(time.perf_counter() - began, response)
        elif event_type is CBEventType.RETRIEVE:
            self._router.retrieved(similarity_of(payload.get(EventPayload.NODES) or []))

    def start_trace(self, trace_id: str | None = None) -> None:
        """Traces are not used."""

    def end_trace(
        self, trace_id: str | None = None, trace_map: dict[str, list[str]] | None = None
    ) -> None:
        """Traces are not used."""
