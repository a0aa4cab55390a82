"""`ResmemRetriever`: recall as a LangChain retriever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from resmem_core.errors import missing_extra

try:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from pydantic import ConfigDict, Field, field_validator
except ImportError as error:
    raise missing_extra("langchain", "langchain_core") from error

from resmem_core import ResilientMemory, Session
from resmem_core.engine.checked import check_memory
from resmem_core.importers import split
from resmem_core.types import Decision, Hit, Message, Trust, check_namespace


class ResmemRetriever(BaseRetriever):
    """The memories of one namespace that answer a question, best first.

    How many and how diverse follow the session's knobs, unless `k` is given. The namespace is part
    of the retriever and has no default: LangChain does not show a retriever the run's
    `configurable`, so one retriever serves one user. Making one is cheap.

    Args:
        memory: where to look.
        namespace: whose memories, such as `("acme", "ada")`.
        session_id: the conversation whose knobs steer the recall, and which is credited.
        k: how many documents; per call: `retriever.invoke("…", k=3)`. None: the knob.

    Returns (from `invoke`):
        Documents with the memory's id and redacted text; `metadata` has the message's own, and
        `score`, `why` (the share of each signal, as JSON), `sources` (JSON), `role`, `author`,
        `at` (ISO 8601, UTC), `session`, `trust`, `credit`, `tier`; every value is plain.

    Raises:
        NamespaceError: the namespace is missing or malformed.

    Example:
        >>> from resmem_core import Message
        >>> memory = ResilientMemory.open(":memory:")
        >>> session = memory.session("1", namespace=("acme", "ada"))
        >>> _ = session.observe(Message("user", "I moved to Lisbon in May.", id="m1"))
        >>> retriever = ResmemRetriever(memory=memory, namespace=("acme", "ada"))
        >>> [d.id for d in retriever.invoke("Where do I live?", k=1)]
        ['m1']
        >>> memory.close()
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: ResilientMemory = Field(exclude=True, repr=False)
    namespace: tuple[str, ...] = Field(default=(), validate_default=True)
    session_id: str = "retriever"
    k: int | None = None

    @field_validator("memory", mode="before")
    @classmethod
    def _open(cls, value: Any) -> ResilientMemory:
        return check_memory(value)

    @field_validator("namespace", mode="before")
    @classmethod
    def _named(cls, value: Any) -> tuple[str, ...]:
        return check_namespace(value)

    def observe_documents(
        self, documents: Sequence[Document], *, trust: Trust | None = None
    ) -> list[Decision]:
        """Store documents in the memory that is asked, each passage whole.

        Passages are not gated, and sleep neither merges nor forgets them; their metadata comes back
        with them. The same id again takes the place of what it held; without ids, the same text of
        the same `source` is stored once. A text of over 16,000 characters comes in parts.

        Args:
            documents: as a loader or a text splitter gives them.
            trust: "trusted" for texts of your own; by default as little as a tool's result.

        Returns:
            A decision for each passage.

        Raises:
            StoreError, EmbedderError, SafeModeError: the 500 passages at hand were not stored.
        """
        made = [message for one in documents for message in _messages(one, trust)]
        return self._session.observe_documents(made)

    async def aobserve_documents(
        self, documents: Sequence[Document], *, trust: Trust | None = None
    ) -> list[Decision]:
        """`observe_documents`, off the event loop."""
        return await asyncio.to_thread(self.observe_documents, documents, trust=trust)

    @property
    def _session(self) -> Session:
        return self.memory.session(self.session_id, namespace=self.namespace)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return documents(self._session.recall(query, k=self.k if k is None else k).answers)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        session = await self.memory.asession(self.session_id, namespace=self.namespace)
        return documents((await session.arecall(query, k=self.k if k is None else k)).answers)


def documents(hits: Sequence[Hit]) -> list[Document]:
    """Hits as documents, in the same order."""
    return [_document(hit) for hit in hits]


def _document(hit: Hit) -> Document:
    memory = hit.memory
    return Document(
        id=memory.id,
        page_content=memory.text,
        metadata={
            **{key: _flat(value) for key, value in memory.metadata.items()},
            "score": hit.score,
            "why": _flat(dict(hit.why)),
            "sources": _flat(list(memory.sources)),
            "role": memory.role,
            "author": memory.author,
            "at": datetime.fromtimestamp(memory.at, UTC).isoformat(),
            "session": memory.session,
            "trust": memory.trust,
            "credit": memory.credit,
            "tier": memory.tier,
        },
    )


def _flat(value: Any) -> str | int | float | bool | None:
    """The value as vector stores take it: what is no plain value becomes JSON."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _messages(document: Document, trust: Trust | None) -> list[Message]:
    """A document as passages of at most 16,000 characters, under ids that the same text keeps."""
    metadata = json.loads(json.dumps(document.metadata, ensure_ascii=False, default=str))
    author = metadata.get("author")
    return [
        Message(
            "tool",
            text,
            author=author if isinstance(author, str) else None,
            id=f"{document.id}#{n}" if document.id and n else document.id or _id(document, text),
            trust=trust,
            metadata=metadata,
        )
        for n, text in enumerate(split(document.page_content))
        if text.strip()
    ]


def _id(document: Document, text: str) -> str:
    said = f"{document.metadata.get('source', '')}\x1f{text}".encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=16).hexdigest()
