"""Which answers of a model are asked for again, because nothing can be made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from langchain.agents.middleware.types import ModelRequest, ModelResponse

from resmem_core.control.authority import after_cut
from resmem_core.control.terms import Terms
from resmem_core.engine.loop.story import Sent
from resmem_core.health.answers import useless
from resmem_langchain._model.parameters import changes
from resmem_langchain._turn.messages import text_of
from resmem_langchain._turn.turns import Turn

_KNOWN: Final = frozenset(
    {"text", "thinking", "redacted_thinking", "reasoning", "tool_use", "tool_call", "function_call"}
)
"""Parts of an answer that are read elsewhere, or that nobody reads."""


def worth_again(
    turn: Turn, request: ModelRequest[Any], answer: tuple[ModelResponse[Any], float], terms: Terms
) -> bool:
    """Whether the model is to be asked once more; the session hears of the answer first.

    A cut answer is worth it where the user lets `max_tokens` rise, and the model can give more.
    """
    response, seconds = answer
    found = _useless(response.result)
    if found is None or (found == "cut" and not _has_room(turn, request, terms)):
        return False
    turn.model_done(seconds, response.result)
    turn.counted = response
    return True


def _useless(messages: Sequence[Any]) -> str | None:
    """What is wrong with the answer; nothing where it is no single message of a model."""
    if len(messages) != 1 or messages[0].type != "ai":
        return None
    message = messages[0]
    if isinstance(message.content, list) and not _KNOWN.issuperset(_kinds(message.content)):
        return None  # pictures and the like: we do not know what they are worth
    return useless(
        text_of(message), [message.response_metadata], calls=bool(message.tool_calls),
        broken=bool(message.invalid_tool_calls),
    )  # fmt: skip


def _kinds(blocks: Sequence[Any]) -> set[str]:
    return {"text" if isinstance(one, str) else str(one.get("type")) for one in blocks}


def _has_room(turn: Turn, request: ModelRequest[Any], terms: Terms) -> bool:
    """Whether the next cut answer raises `max_tokens` above what was sent."""
    change, spent = turn.session.change, turn.session.spent
    now, then = (
        changes(request.model, request.model_settings, asked, terms, spent=spent)
        for asked in (change, after_cut(change))
    )
    return _room(then) > max(_room(now), 0.0)


def _room(sent: Sequence[Sent]) -> float:
    """The `max_tokens` that is sent in another's place; -1 for the user's own."""
    return next((one.value for one in sent if one.name == "max_tokens"), -1.0)
