"""Nodes and documents on their way into the memory, each passage kept whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from llama_index.core.bridge.pydantic import Field
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import BaseNode, Document, TransformComponent

from resmem_core.types import Decision, Message, Trust
from resmem_llamaindex._documents.nodes import SOURCES, as_document, identity
from resmem_llamaindex._turn.component import ComponentBase
from resmem_llamaindex._turn.scope import NamespaceOf, asession_for, session_for

if TYPE_CHECKING:
    from resmem_core import ResilientMemory

SESSION: Final = "documents"
"""The session through which documents come in, where none is named."""


def messages(nodes: Sequence[BaseNode], trust: Trust | None = None) -> list[Message]:
    """Nodes as the memory takes them.

    Raises:
        TooLarge: a node has more than 16,000 characters; a node parser splits it.
    """
    return [as_document(node, trust) for node in nodes]


def passages(nodes: Sequence[BaseNode]) -> list[BaseNode]:
    """The nodes, and in place of each `Document` its passages.

    LlamaIndex gives passages random ids. Ours come from the document's name and the text, so that
    a document that is read again is stored once.
    """
    found: list[BaseNode] = []
    splitter = None
    for node in nodes:
        if not isinstance(node, Document):
            found.append(node)
            continue
        splitter = splitter or SentenceSplitter()
        parts = splitter.get_nodes_from_documents([node])
        for part in parts:
            part.id_ = identity(part, part.get_content(), ("file_path", *SOURCES))
        found += parts
    return found


class ResmemSink(ComponentBase, TransformComponent):
    """
    The last transformation of an `IngestionPipeline`: puts the nodes into a resilient memory.

    The memory embeds by itself, so the pipeline needs no embedding model. Nodes go on unchanged.
    The same node again is stored once; another text under its id takes its place.

    Args:
        memory (ResilientMemory): an open memory; when None, the one registered as `memory_name`.
        namespace: whose memory; by default from the context of the call.
        trust (str): "trusted" for texts of your own; by default as little as a tool's result.

    Raises (where it runs):
        NamespaceError: nobody names a namespace. TooLarge: a node of over 16,000 characters.
        StoreError, SafeModeError: nothing of the 500 nodes at hand was stored.

    Examples:
        ```python
        sink = ResmemSink(memory, namespace=("acme", "ada"))
        IngestionPipeline(transformations=[SentenceSplitter(), sink]).run(documents=documents)
        ```
    """

    trust: Trust | None = Field(default=None, description="How far the texts are trusted.")

    def __init__(  # type checkers see pydantic's constructor where a model has none of its own
        self,
        memory: ResilientMemory | None = None,
        *,
        namespace: NamespaceOf | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(memory, namespace=namespace, **kwargs)

    @classmethod
    def class_name(cls) -> str:
        """Name used in serialization."""
        return "ResmemSink"

    def to_dict(self, **kwargs: Any) -> dict[str, Any]:
        """As the base class, with a mark that is never the same.

        A pipeline leaves out a transformation that it ran on these nodes before; they may have
        been deleted from the memory since.
        """
        return {**super().to_dict(**kwargs), "run": uuid4().hex}

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Store the nodes, and give them back."""
        self.observe(nodes)
        return nodes

    async def acall(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Store the nodes off the event loop, and give them back."""
        session = await asession_for(*self._place(), SESSION)
        await session.aobserve_documents(messages(nodes, self.trust))
        return nodes

    def observe(self, nodes: Sequence[BaseNode]) -> list[Decision]:
        """Store the nodes; a decision for each passage."""
        return session_for(*self._place(), SESSION).observe_documents(messages(nodes, self.trust))
