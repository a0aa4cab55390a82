"""Parts that do nothing: what LlamaIndex itself costs, the floor of each measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms.callbacks import llm_chat_callback
from llama_index.core.llms.mock import MockLLM
from llama_index.core.memory import BaseMemoryBlock
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index_instrumentation.event_handlers import BaseEventHandler


class NoOpRetriever(BaseRetriever):
    """Returns the same nodes every time."""

    def __init__(self, nodes: list[NodeWithScore]) -> None:
        super().__init__()
        self._nodes = nodes

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes


class NoOpPostprocessor(BaseNodePostprocessor):
    """Returns what it gets."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return nodes


class InPlacePostprocessor(BaseNodePostprocessor):
    """The floor of rescoring: writes a new score into each node it gets, and sorts."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        for node in nodes:
            node.score = (node.score or 0.0) * 0.999
        return sorted(nodes, key=lambda node: node.score or 0.0, reverse=True)


class NoOpHandler(BaseEventHandler):
    """Hears everything and does nothing."""

    def handle(self, event: Any, **kwargs: Any) -> None:
        """Nothing."""


class NoOpBlock(BaseMemoryBlock[list[ChatMessage]]):
    """Remembers nothing."""

    name: str = "noop"

    async def _aget(
        self, messages: list[ChatMessage] | None = None, **block_kwargs: Any
    ) -> list[ChatMessage]:
        return []

    async def _aput(self, messages: list[ChatMessage]) -> None:
        """Nothing."""


class Silent(MockLLM):
    """Answers at once, with sampling fields like a provider's."""

    temperature: float = 0.7
    additional_kwargs: dict[str, Any] = {}  # noqa: RUF012  pydantic copies it

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer."""
        return ChatResponse(message=ChatMessage(role="assistant", content="Noted."))
