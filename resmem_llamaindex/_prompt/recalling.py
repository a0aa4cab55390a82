"""A turn's recall in LlamaIndex's own instrumentation."""

from __future__ import annotations

from typing import Any, Final

from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.base import BaseEvent

from resmem_core.prompt import Recalled

dispatcher: Final = get_dispatcher(__name__)


class ResmemRecallEvent(BaseEvent):
    """A memory block recalled for a user message.

    Args:
        query (str): what was recalled by: the user's last message.
        hits (list): best first, each with `id`, `text`, `relevance`, `score`, `why`, `standing`.
        reason (str): why there are none; "" where there are.
        block (str): the lines as they stand in the prompt; "" for none.
    """

    query: str
    hits: list[dict[str, Any]]
    reason: str
    block: str

    @classmethod
    def class_name(cls) -> str:
        """Name used in serialization."""
        return "ResmemRecallEvent"


def tell(found: Recalled) -> None:
    """Tell whoever listens, within the span of the recall."""
    dispatcher.event(ResmemRecallEvent(query=found.question, **found.to_doc()))
