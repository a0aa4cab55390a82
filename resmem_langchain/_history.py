"""`ResmemChatMessageHistory`: a conversation's messages, word for word, on disk.

LangChain deprecates message histories in favour of graph state and checkpointers. New code takes
`ResmemMiddleware`; this is for chains that already use `RunnableWithMessageHistory`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final
from warnings import catch_warnings, simplefilter

from resmem_core.errors import Conflict, missing_extra

try:
    from langchain_core.messages import BaseMessage, message_to_dict, messages_from_dict

    with catch_warnings():
        simplefilter("ignore")  # deprecated by LangChain; so says this module's docstring
        from langchain_core.chat_history import BaseChatMessageHistory
except ImportError as error:
    raise missing_extra("langchain", "langchain_core") from error

from resmem_core import ResilientMemory
from resmem_core.engine.checked import check_memory
from resmem_core.protocols import DeleteDoc, Doc, PutDoc
from resmem_core.types import NamespaceLike, check_namespace

KIND: Final = "history"
TRIES: Final = 20
"""How often an append is numbered anew after another writer took the number."""


class ResmemChatMessageHistory(BaseChatMessageHistory):
    """A faithful log of one conversation: what is added is there, in order, until `clear`.

    It neither gates nor redacts nor recalls: `RunnableWithMessageHistory` reads the history again
    when a run ends and counts on its length. Put `ResmemMiddleware` or a `ResmemRetriever` beside
    it for memory across conversations. Several processes may append at once.

    Args:
        memory: whose store keeps the log.
        session_id: the conversation.
        namespace: whose conversation, such as `("acme", "ada")`.

    Example:
        >>> memory = ResilientMemory.open(":memory:")
        >>> history = ResmemChatMessageHistory(memory, "thread-1", namespace=("acme", "ada"))
        >>> history.add_user_message("Hello")
        >>> [m.content for m in history.messages]
        ['Hello']
        >>> memory.close()
    """

    def __init__(
        self, memory: ResilientMemory, session_id: str, *, namespace: NamespaceLike
    ) -> None:
        self._store = check_memory(memory).store
        parts = [*check_namespace(namespace), session_id.replace("\x1f", "\x1b")]
        self._prefix = "".join(f"{part}\x1f" for part in parts)

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]
        """The messages, oldest first."""
        return messages_from_dict([doc.body["message"] for doc in self._docs()])

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Append messages, all or none, after what other writers appended meanwhile."""
        bodies = [message_to_dict(m) for m in messages]
        for attempt in range(TRIES):
            try:
                self._store.apply(list(self._appended(bodies)))
                return
            except Conflict:
                if attempt == TRIES - 1:
                    raise

    def clear(self) -> None:
        """Delete the conversation's messages."""
        self._store.apply([DeleteDoc(KIND, doc.key) for doc in self._docs()])

    async def aget_messages(self) -> list[BaseMessage]:
        """`messages`, off the event loop."""
        return await asyncio.to_thread(lambda: self.messages)

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """`add_messages`, off the event loop."""
        await asyncio.to_thread(self.add_messages, messages)

    async def aclear(self) -> None:
        """`clear`, off the event loop."""
        await asyncio.to_thread(self.clear)

    def _docs(self) -> list[Doc]:
        return self._store.docs(KIND, self._prefix)

    def _appended(self, bodies: Sequence[dict[str, Any]]) -> Iterable[PutDoc]:
        docs = self._docs()
        first = int(docs[-1].key[len(self._prefix) :]) + 1 if docs else 0
        for n, body in enumerate(bodies, first):
            yield PutDoc(KIND, f"{self._prefix}{n:012d}", {"message": body}, expect=0)
