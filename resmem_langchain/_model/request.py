"""The request of one model call: the user's own, with what the session asks for."""

from __future__ import annotations

from typing import Any

from langchain.agents.middleware.types import ModelRequest

from resmem_core.control.authority import Change
from resmem_core.control.terms import Terms
from resmem_core.engine.loop.story import Sent
from resmem_langchain._model.parameters import Copies, changes, fitted
from resmem_langchain._prompt.inject import Placement
from resmem_langchain._prompt.told import placed
from resmem_langchain._tool.access import name_of, order_signals
from resmem_langchain._tool.guard import ToolGuard
from resmem_langchain._turn.messages import shortened
from resmem_langchain._turn.turns import Turn


class Requests:
    """Makes the requests of one middleware; in calm each is the one that would be made without us.

    Args:
        terms: how far settings may change.
        tools: which tools are offered.
        placement: where the block of memories stands.
    """

    def __init__(self, terms: Terms, tools: ToolGuard, placement: Placement) -> None:
        self._terms = terms
        self._tools = tools
        self._placement = placement
        self._copies = Copies()

    def of(self, request: ModelRequest[Any], turn: Turn) -> ModelRequest[Any]:
        """The request with this call's settings, the allowed tools and the turn's block."""
        turn.session.signal(*order_signals(request.messages, request.tools, self._tools.risks))
        turn.session.begin_call()
        change = turn.session.change
        model, settings = fitted(
            request.model,
            request.model_settings,
            change,
            self._terms,
            spent=turn.session.spent,
            copies=self._copies,
        )
        same = model is request.model and settings == request.model_settings
        turn.session.sent = () if same else self._sent(request, turn, change)
        made: dict[str, Any] = {"model": model, "model_settings": settings}
        messages = shortened(request.messages, turn.session.shortened)
        if messages is not request.messages:
            made["messages"] = messages
        tools, lines = self._tools.offered(turn, request.tools)
        made |= placed(self._placement, turn, request.system_message, messages, lines)
        if len(tools) < len(request.tools):
            made["tools"] = tools
            if request.tool_choice not in (None, *map(name_of, tools), "auto", "none"):
                made["tool_choice"] = None
        return request.override(**made)

    def _sent(self, request: ModelRequest[Any], turn: Turn, change: Change) -> tuple[Sent, ...]:
        """What is changed of the user's settings, for `session.explain()`."""
        spent = turn.session.spent
        return changes(request.model, request.model_settings, change, self._terms, spent=spent)
