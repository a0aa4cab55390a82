"""Which answers of a model are asked for again, because nothing can be made of them.

A stream is not: what was said of it is already told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from llama_index.core.llms import ChatResponse, CompletionResponse
from llama_index.core.llms.llm import LLM

from resmem_core import Session
from resmem_core.control.authority import Change, after_cut
from resmem_core.control.terms import Spent, Terms
from resmem_core.health.answers import useless
from resmem_core.types import Signal
from resmem_llamaindex._model.parameters import Places, places_of, update_for


def worth_again(
    session: Session, llm: LLM, answer: Any, call: Mapping[str, Any], places: Places | None,
    terms: Terms,
) -> bool:  # fmt: skip
    """Whether the model is to be asked once more; the session hears of a cut answer first.

    A cut answer is worth it where the user lets `max_tokens` rise, and the model can give more.
    """
    found = _useless(answer)
    if found is None:
        return False
    known = places_of(llm, places)

    def update(change: Change, spent: Spent) -> Any:
        return update_for(llm, call, known, change, terms, spent=spent)

    if found == "cut" and not _has_room(session, update):
        return False
    session.signal(Signal("truncation", float(found == "cut")))
    return True


def _useless(answer: Any) -> str | None:
    """What is wrong with an answer; nothing where it is no whole answer of a model."""
    if isinstance(answer, CompletionResponse):
        return useless(answer.text or "", [answer.raw], calls=False, broken=False)
    if not isinstance(answer, ChatResponse):
        return None
    message = answer.message
    kinds = {block.block_type for block in message.blocks}
    if kinds - {"text", "tool_call", "thinking"}:
        return None  # pictures and the like: we do not know what they are worth
    calls = "tool_call" in kinds or bool(message.additional_kwargs.get("tool_calls"))
    return useless(message.content or "", [answer.raw], calls=calls, broken=False)


def _has_room(session: Session, update: Callable[[Change, Spent], Any]) -> bool:
    """Whether the next cut answer raises `max_tokens` above what was sent."""
    change, spent = session.change, session.spent
    return bool(update(change, spent) != update(after_cut(change), spent))
