"""A turn's recall as a run of LangChain's own tracing, and told to whoever asked for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from langchain_core.runnables import RunnableLambda, ensure_config
from langchain_core.runnables.config import get_callback_manager_for_config

from resmem_core.prompt import Recalled

__all__ = ["RUN", "OnRecall", "Recalled", "seen"]

RUN: Final = "resmem_recall"
"""Name of the run, as `astream_events` and LangSmith show it."""

_log = logging.getLogger("resmem")


OnRecall: TypeAlias = Callable[[Recalled], object]


def seen(
    recall: Callable[[str], Recalled], question: str, on_recall: OnRecall | None = None
) -> Recalled:
    """Recall within a run of its own, below the agent's, where somebody looks on; tell `on_recall`.

    What the callback raises is logged by its type and does not reach the agent.
    """
    found: list[Recalled] = []

    def run(asked: str) -> dict[str, Any]:
        found.append(recall(asked))
        return found[0].to_doc()

    if get_callback_manager_for_config(ensure_config()).handlers:
        RunnableLambda(run, name=RUN).invoke(question)
    else:  # nobody would see the run
        run(question)
    if on_recall is not None:
        try:
            on_recall(found[0])
        except Exception as error:  # a foreign callable: the agent goes on
            _log.warning("on_recall raised %s", type(error).__name__)
    return found[0]
