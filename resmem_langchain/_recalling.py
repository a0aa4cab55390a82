"""A turn's recall as a run of LangChain's own tracing, and told to whoever asked for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from langchain_core.runnables import RunnableLambda

from resmem_core.types import Hit

RUN: Final = "resmem_recall"
"""Name of the run, as `astream_events` and LangSmith show it."""

_log = logging.getLogger("resmem")


@dataclass(frozen=True, slots=True)
class Recalled:
    """What one turn recalled, and what of it the model reads.

    Attributes:
        question: what was recalled by: the user's last message.
        hits: best first, standing wishes behind them, each with its relevance and why.
        reason: why there are none; "" where there are.
        block: the lines as they stand in the prompt; "" for none.
    """

    question: str
    hits: tuple[Hit, ...]
    reason: str
    block: str

    def to_doc(self) -> dict[str, Any]:
        """As the run's output: JSON values."""
        hits = [
            {
                "id": hit.id,
                "text": hit.text,
                "relevance": round(hit.relevance, 4),
                "score": round(hit.score, 4),
                "why": {name: round(share, 4) for name, share in hit.why.items()},
                "standing": hit.standing,
            }
            for hit in self.hits
        ]
        return {"hits": hits, "reason": self.reason, "block": self.block}


OnRecall: TypeAlias = Callable[[Recalled], object]


def seen(
    recall: Callable[[str], Recalled], question: str, on_recall: OnRecall | None = None
) -> Recalled:
    """Recall within a run of its own, below the agent's, and tell `on_recall`.

    What the callback raises is logged by its type and does not reach the agent.
    """
    found: list[Recalled] = []

    def run(asked: str) -> dict[str, Any]:
        found.append(recall(asked))
        return found[0].to_doc()

    RunnableLambda(run, name=RUN).invoke(question)
    if on_recall is not None:
        try:
            on_recall(found[0])
        except Exception as error:  # a foreign callable: the agent goes on
            _log.warning("on_recall raised %s", type(error).__name__)
    return found[0]
