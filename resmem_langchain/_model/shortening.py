"""What is left out of a conversation that its model cannot read, or soon cannot."""

from __future__ import annotations

from typing import Any

from langchain.agents.middleware.types import ModelRequest

from resmem_core import Session
from resmem_core.health.overflow import next_step, relief
from resmem_langchain._model.routes import window_of
from resmem_langchain._turn.messages import prompt_tokens, results_in
from resmem_langchain._turn.turns import Turn


def shorten(turn: Turn, request: ModelRequest[Any], *, ours: bool) -> bool:
    """Leave out what was recalled and, where that is ours to do, what tools said long ago.

    Returns:
        Whether anything more was left out.
    """
    had, session = bool(turn.laid.rest), turn.session
    turn.laid, step = turn.laid._replace(rest=""), session.shortened
    if ours:
        session.shortened = next_step(results_in(request.messages), step)
    return had or session.shortened > step


def relieved(session: Session, request: ModelRequest[Any]) -> bool:
    """Whether what tools said long ago is left out from now on: the layer medication.

    That is where the last prompt nearly filled what the model is known to read.
    """
    if session.shortened or "medication" not in session.layers:
        return False
    used = prompt_tokens(request.messages)
    session.shortened = relief(results_in(request.messages), used, window_of(request.model))
    return session.shortened > 0
