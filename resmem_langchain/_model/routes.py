"""Models as dependencies: their names, who else tries a call again, and clients that do not."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Sequence
from types import FrameType
from typing import Any, Final

from langchain.agents.middleware import (
    AgentMiddleware,
    ContextEditingMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    ToolRetryMiddleware,
)
from langchain.agents.middleware.types import ModelRequest
from langchain.chat_models import init_chat_model
from langchain_core.runnables import RunnableBinding
from langchain_core.runnables.retry import RunnableRetry

from resmem_core.engine.calling.board import Board
from resmem_core.providers import apart, route
from resmem_langchain._model.made import MadeOf

try:
    from langchain.agents.middleware.model_fallback import _sanitize_request_for_fallback
except ImportError:  # another version of LangChain: the request goes as it is
    _sanitize_request_for_fallback = None  # type: ignore[assignment]

_NAMES: Final = ("model_name", "model", "model_id", "deployment_name", "repo_id")
_HOSTS: Final = ("openai_api_base", "base_url", "azure_endpoint", "anthropic_api_url", "endpoint")

_OWNERS: Final = {
    "model retry": ModelRetryMiddleware,
    "model fallback": ModelFallbackMiddleware,
    "tool retry": ToolRetryMiddleware,
    "context": ContextEditingMiddleware,
}


def left_to_others() -> set[str]:
    """What LangChain's own middleware does in the agent that is being made right now.

    A middleware is not told what else is in the list; while `create_agent` asks it for its tools,
    the list stands in that function's frame. Empty when nobody makes an agent.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != "create_agent":
        frame = frame.f_back
    listed = frame.f_locals.get("middleware", ()) if frame is not None else ()
    found = {what for what, kind in _OWNERS.items() if any(isinstance(m, kind) for m in listed)}
    wrapping = any(_wraps_tools(type(m)) for m in listed)
    return {*found, "tool errors"} if wrapping else found


def _wraps_tools(kind: type) -> bool:
    """Whether a middleware that is not ours stands around the calls of tools."""
    own = kind.__module__.partition(".")[0] == __name__.partition(".")[0]
    names = ("wrap_tool_call", "awrap_tool_call")
    return not own and any(getattr(kind, n, None) is not getattr(AgentMiddleware, n) for n in names)


def models_of(fallback: Any) -> tuple[Any, ...]:
    """The models that stand in, in order: one or several, each an object or a name."""
    given = fallback if isinstance(fallback, list | tuple) else [fallback]
    return tuple(
        init_chat_model(one) if isinstance(one, str) else one for one in given if one is not None
    )


def instead(request: ModelRequest[Any], model: Any) -> ModelRequest[Any]:
    """The same request for another model, without what only the first provider understands."""
    made = request
    if _sanitize_request_for_fallback is not None:
        made = _sanitize_request_for_fallback(request, model)
    return made.override(model=model)


class RouteNames:
    """Names of models as dependencies, read once for each. Safe to share between threads."""

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._known: OrderedDict[int, tuple[Any, str]] = OrderedDict()

    def of(self, models: Sequence[Any], board: Board) -> list[str]:
        """Each model's name, each its own."""
        return apart(self._one(model, board) for model in models)

    def _one(self, model: Any, board: Board) -> str:
        held = self._known.get(id(model))
        if held is None:  # the model is kept, so that its id is not given away again
            held = self._known[id(model)] = (model, name_of_model(model, board))
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return held[1]


def name_of_model(model: Any, board: Board) -> str:
    """A model's name as a dependency: provider, model, and the host where it is no public one."""
    inner = _inner(model)
    kind = str(getattr(inner, "_llm_type", None) or type(inner).__name__)
    provider = kind.lower().removesuffix("-chat").removeprefix("chat-")
    name = _said(inner, _NAMES)
    if not name:
        return board.named(f"model:{provider}", inner)
    return route(provider, name, _said(inner, _HOSTS))


def holds_more(model: Any, than: Any) -> bool:
    """Whether a model is known to take a longer input than another."""
    more, less = window_of(model), window_of(than)
    return more is not None and less is not None and more > less


def window_of(model: Any) -> int | None:
    """Tokens that a model reads, where its profile says so."""
    limit = (getattr(_inner(model), "profile", None) or {}).get("max_input_tokens")
    return limit if isinstance(limit, int) else None


def _said(model: Any, names: Sequence[str]) -> str:
    """The first of these attributes that is a text; empty where none is."""
    values = (getattr(model, name, None) for name in names)
    return next((value for value in values if value and isinstance(value, str)), "")


def _inner(model: Any) -> Any:
    return _inner(model.bound) if isinstance(model, RunnableBinding) else model


class Clients:
    """Models whose clients make each request once, because the retries are ours.

    A model for which the user set `max_retries` is left alone, and so is one whose client is not
    known: then the retries are theirs. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._made = MadeOf()

    def once(self, model: Any) -> tuple[Any, bool]:
        """The model as it is to be called, and whether retries are left to its client."""
        inner = _inner(model)
        if isinstance(model, RunnableRetry):
            return model, True
        if "max_retries" not in getattr(type(inner), "model_fields", {}):
            return model, False
        if "max_retries" in inner.model_fields_set and inner.max_retries is not None:
            return model, True
        if inner.max_retries == 0:
            return model, False
        quiet = self._made.get(inner, lambda: _quiet(inner))
        if quiet is None:
            return model, inner.max_retries is not None
        return (quiet if inner is model else model.model_copy(update={"bound": quiet})), False


def _quiet(model: Any) -> Any:
    update = _single(model)
    return model.model_copy(update=update) if update else None


def _single(model: Any) -> dict[str, Any]:
    """The model's clients, each in a version that makes every request once."""
    for lazy in ("_client", "_async_client"):
        getattr(model, lazy, None)
    getattr(model, "_serialized", None)  # made once, and carried into the copy
    found = {}
    for name, value in vars(model).items():
        made = _without_retries(value)
        if made is not None:
            found[name] = made
    return found


def _without_retries(client: Any) -> Any:
    """A client of the kind that OpenAI and Anthropic ship, or a part of one, without retries."""
    if isinstance(getattr(client, "max_retries", None), int) and hasattr(client, "with_options"):
        return client.with_options(max_retries=0)
    inner: Any = getattr(client, "_client", None)
    if isinstance(getattr(inner, "max_retries", None), int) and hasattr(inner, "with_options"):
        return type(client)(inner.with_options(max_retries=0))
    return None
