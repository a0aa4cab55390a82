"""The memory in the agent's own hands, with honest answers: `remember`, `recall`, `forget` …"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from resmem_core.errors import ConfigError, ResmemError, missing_extra

try:
    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import BaseTool, StructuredTool, ToolException
    from pydantic import BaseModel, Field
except ImportError as error:
    raise missing_extra("langchain", "langchain_core") from error

from resmem_core import ResilientMemory, Session
from resmem_core.engine.checked import check_memory
from resmem_core.prompt import stated
from resmem_core.types import Decision, Hit, Memory, Message, Namespace, Verdict
from resmem_core.verbs import AGENT_VERBS, USUAL
from resmem_langchain._curating_tools import CuratingTools, Edit, List, Settle
from resmem_langchain._scope import NamespaceSource, find_namespace, thread_of


class Remember(BaseModel):
    """What `remember` takes."""

    text: str = Field(description="One fact in one sentence that is understood on its own.")


class Recall(BaseModel):
    """What `recall` takes."""

    question: str = Field(description="What you want to know, as a question or key words.")
    k: int | None = Field(None, ge=1, le=50, description="How many memories; leave out for some.")


class Forget(BaseModel):
    """What `forget` takes."""

    ids: list[str] = Field(min_length=1, description="Ids of memories, as `recall` shows them.")


def memory_tools(
    memory: ResilientMemory,
    *,
    namespace: NamespaceSource = None,
    verbs: Sequence[str] = USUAL,
) -> list[BaseTool]:
    """Tools with which an agent writes, reads and erases its memory itself.

    They say what really happened: a write that the gate drops is reported as dropped, with the
    reason. They never leave the run's namespace. Their artifact is the engine's own value
    (`Decision`, hits, count).

    Args:
        memory: the memory.
        namespace: whose; None: the run must name it, see `resmem_langchain._scope`.
        verbs: which tools, of "remember", "recall", "forget", "list", "edit" and "settle".

    Returns:
        The tools in the order of `verbs`; `forget` has a declared risk of 0.3, `edit` and `settle`
        of 0.2.

    Raises:
        ConfigError: there is no such verb.

    Example:
        >>> memory = ResilientMemory.open(":memory:")
        >>> remember, recall, forget = memory_tools(memory, namespace=("acme", "ada"))
        >>> remember.invoke({"text": "Ada moved to Lisbon in May."})
        'Kept.'
        >>> memory.close()
    """
    unknown = [name for name in verbs if name not in _SCHEMAS]
    if unknown:
        raise ConfigError(f"verbs are {', '.join(_SCHEMAS)}, got {unknown[0]!r:.40}")
    tools = _Tools(memory, namespace)
    curating = CuratingTools(memory, tools.namespace_of, _memory_text)
    return [_tool(curating if name in _CURATING else tools, name) for name in verbs]


_SCHEMAS: Final[Mapping[str, type[BaseModel]]] = {
    "remember": Remember, "recall": Recall, "forget": Forget, "list": List, "edit": Edit,
    "settle": Settle,
}  # fmt: skip
_CURATING: Final = ("list", "edit", "settle")


def _tool(functions: object, name: str) -> StructuredTool:
    verb = AGENT_VERBS[name]
    return StructuredTool.from_function(
        getattr(functions, name),
        coroutine=getattr(functions, f"a{name}"),
        name=name,
        description=verb.description,
        args_schema=_SCHEMAS[name],
        response_format="content_and_artifact",
        handle_tool_error=True,
        metadata={"risk": verb.risk, "resmem": True},
    )


class _Tools:
    """The three tools' functions, over one memory."""

    def __init__(self, memory: ResilientMemory, namespace: NamespaceSource) -> None:
        self._memory = check_memory(memory)
        self._namespace = namespace

    def remember(self, text: str, config: RunnableConfig) -> tuple[str, Decision | None]:
        session = self._session(config)
        try:
            decision = session.observe(Message("assistant", text, metadata={"tool": "remember"}))
        except ResmemError as error:
            raise ToolException(f"Not kept: {error}") from error
        return verdict_text(decision), decision

    async def aremember(self, text: str, config: RunnableConfig) -> tuple[str, Decision | None]:
        session = await self._asession(config)
        try:
            message = Message("assistant", text, metadata={"tool": "remember"})
            decision = await session.aobserve(message)
        except ResmemError as error:
            raise ToolException(f"Not kept: {error}") from error
        return verdict_text(decision), decision

    def recall(
        self, question: str, config: RunnableConfig, k: int | None = None
    ) -> tuple[str, tuple[Hit, ...]]:
        session = self._session(config)
        try:
            hits = tuple(session.recall(question, k=k).answers)
        except ResmemError as error:
            raise ToolException(f"Recall failed: {error}") from error
        return hits_text(hits), hits

    async def arecall(
        self, question: str, config: RunnableConfig, k: int | None = None
    ) -> tuple[str, tuple[Hit, ...]]:
        session = await self._asession(config)
        try:
            hits = tuple((await session.arecall(question, k=k)).answers)
        except ResmemError as error:
            raise ToolException(f"Recall failed: {error}") from error
        return hits_text(hits), hits

    def forget(self, ids: list[str], config: RunnableConfig) -> tuple[str, int]:
        session = self._session(config)
        try:
            count = self._memory.forget(session.namespace, ids)
        except ResmemError as error:
            raise ToolException(f"Nothing was erased: {error}") from error
        return forgotten_text(count, len(set(ids))), count

    async def aforget(self, ids: list[str], config: RunnableConfig) -> tuple[str, int]:
        session = await self._asession(config)
        try:
            count = await self._memory.aforget(session.namespace, ids)
        except ResmemError as error:
            raise ToolException(f"Nothing was erased: {error}") from error
        return forgotten_text(count, len(set(ids))), count

    def namespace_of(self, config: RunnableConfig) -> Namespace:
        """Whose memory the run is about."""
        configurable = config.get("configurable", {})
        return find_namespace(self._namespace, _context(configurable), configurable)

    def _session(self, config: RunnableConfig) -> Session:
        configurable = config.get("configurable", {})
        namespace = find_namespace(self._namespace, _context(configurable), configurable)
        return self._memory.session(thread_of(configurable), namespace=namespace)

    async def _asession(self, config: RunnableConfig) -> Session:
        configurable = config.get("configurable", {})
        namespace = find_namespace(self._namespace, _context(configurable), configurable)
        return await self._memory.asession(thread_of(configurable), namespace=namespace)


def _context(configurable: Mapping[str, Any]) -> Any:
    """The graph run's context; None outside a graph."""
    runtime = configurable.get("__pregel_runtime")
    return getattr(runtime, "context", None)


def verdict_text(decision: Decision) -> str:
    """The gate's verdict in words."""
    if decision.verdict is Verdict.KEEP:
        return "Kept."
    if decision.verdict is Verdict.MERGE:
        return f"Known already (memory {decision.into or decision.id}); nothing new was written."
    return f"Dropped, not kept: {decision.reason}."


def hits_text(hits: Sequence[Hit]) -> str:
    """Memories as lines of id, day, speaker, text."""
    shown = [memory for memory in (stated(hit.memory) for hit in hits) if memory.text]
    if not shown:
        return "No memory answers this."
    return "\n".join(map(_memory_text, shown))


def _memory_text(memory: Memory) -> str:
    day = datetime.fromtimestamp(memory.at, UTC).date().isoformat()
    return f"[{memory.id}] {day} {memory.author or memory.role}: {memory.text}"


def forgotten_text(count: int, asked: int) -> str:
    """How many were erased, and that the others do not exist here."""
    missing = asked - count
    return f"Erased {count}." + (f" {missing} had no memory of that id here." if missing else "")
