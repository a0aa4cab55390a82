"""`list`, `edit`, `settle`: what an agent may correct in the memory, if it is given these tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import ToolException
from pydantic import BaseModel, Field

from resmem_core import ResilientMemory
from resmem_core.errors import ResmemError
from resmem_core.types import Memory, Namespace, Page

NamespaceOf: TypeAlias = Callable[[RunnableConfig], Namespace]
LineOf: TypeAlias = Callable[[Memory], str]


class List(BaseModel):
    """What `list` takes."""

    query: str | None = Field(None, description="Only memories that have all of these words.")
    limit: int = Field(20, ge=1, le=100, description="Memories of a page.")
    cursor: str | None = Field(None, description="From the answer before, for the next page.")


class Edit(BaseModel):
    """What `edit` takes."""

    id: str = Field(description="Id of a memory, as `recall` and `list` show it.")
    text: str = Field(description="Its new wording, one fact in one sentence.")


class Settle(BaseModel):
    """What `settle` takes."""

    holds: str = Field(description="Id of the memory that is right.")
    other: str = Field(description="Id of the memory that it contradicts.")
    both: bool = Field(False, description="Both are right; neither is closed.")


class CuratingTools:
    """The three tools' functions, over one memory."""

    def __init__(self, memory: ResilientMemory, namespace: NamespaceOf, line: LineOf) -> None:
        self._memory = memory
        self._namespace = namespace
        self._line = line

    def list(
        self,
        config: RunnableConfig,
        query: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> tuple[str, Page]:
        """A page of memories, with the ids that `edit`, `settle` and `forget` take."""
        try:
            page = self._memory.list(
                self._namespace(config), query=query, limit=limit, cursor=cursor
            )
        except ResmemError as error:
            raise ToolException(f"Nothing was listed: {error}") from error
        return self._shown(page), page

    async def alist(
        self,
        config: RunnableConfig,
        query: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> tuple[str, Page]:
        """`list`, off the event loop."""
        try:
            page = await self._memory.alist(
                self._namespace(config), query=query, limit=limit, cursor=cursor
            )
        except ResmemError as error:
            raise ToolException(f"Nothing was listed: {error}") from error
        return self._shown(page), page

    def edit(self, id: str, text: str, config: RunnableConfig) -> tuple[str, Memory]:
        """Give a memory another wording; the one that it had stays in its history."""
        try:
            changed = self._memory.update(self._namespace(config), id, text, role="assistant")
        except ResmemError as error:
            raise ToolException(f"Not changed: {error}") from error
        return f"Changed. {self._line(changed)}", changed

    async def aedit(self, id: str, text: str, config: RunnableConfig) -> tuple[str, Memory]:
        """`edit`, off the event loop."""
        namespace = self._namespace(config)
        try:
            changed = await self._memory.aupdate(namespace, id, text, role="assistant")
        except ResmemError as error:
            raise ToolException(f"Not changed: {error}") from error
        return f"Changed. {self._line(changed)}", changed

    def settle(
        self, holds: str, other: str, config: RunnableConfig, both: bool = False
    ) -> tuple[str, Memory]:
        """Say which of two memories that contradict each other holds."""
        try:
            found = self._memory.settle(self._namespace(config), holds, other, both=both)
        except ResmemError as error:
            raise ToolException(f"Not settled: {error}") from error
        return _settled(both), found

    async def asettle(
        self, holds: str, other: str, config: RunnableConfig, both: bool = False
    ) -> tuple[str, Memory]:
        """`settle`, off the event loop."""
        namespace = self._namespace(config)
        try:
            found = await self._memory.asettle(namespace, holds, other, both=both)
        except ResmemError as error:
            raise ToolException(f"Not settled: {error}") from error
        return _settled(both), found

    def _shown(self, page: Page) -> str:
        lines = [self._line(memory) for memory in page.items if memory.trust != "quarantined"]
        more = [f"More with cursor {page.cursor}"] if page.cursor else []
        return "\n".join([*lines, *more]) or "Nothing is stored here."


def _settled(both: bool) -> str:
    return "Both stand." if both else "Settled: the other one is closed."
