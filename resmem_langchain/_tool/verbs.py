"""The memory in the agent's own hands, with honest answers: `remember`, `recall`, `forget` …"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from resmem_core.errors import missing_extra

try:
    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import BaseTool, StructuredTool, ToolException
except ImportError as error:
    raise missing_extra("langchain", "langchain_core") from error

from resmem_core import ResilientMemory
from resmem_core.agents import SCHEMAS, Answered, answer, check_verbs
from resmem_core.engine.checked import check_memory
from resmem_core.verbs import AGENT_VERBS, USUAL
from resmem_langchain._turn.scope import NamespaceSource, place_of


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
        namespace: whose; None: the run must name it, see `resmem_langchain._turn.scope`.
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
    tools = _Tools(check_memory(memory), namespace)
    return [tools.tool(name) for name in check_verbs(verbs)]


class _Tools:
    """The verbs as tools, over one memory."""

    def __init__(self, memory: ResilientMemory, namespace: NamespaceSource) -> None:
        self._memory = memory
        self._namespace = namespace

    def tool(self, name: str) -> StructuredTool:
        """One verb; what it answers is its content, the engine's value its artifact."""

        def run(config: RunnableConfig, **given: Any) -> tuple[str, Any]:
            thread, namespace = place_of(self._namespace, config)
            session = self._memory.session(thread, namespace=namespace)
            return _told(answer(self._memory, session, name, given))

        async def arun(config: RunnableConfig, **given: Any) -> tuple[str, Any]:
            thread, namespace = place_of(self._namespace, config)
            session = await self._memory.asession(thread, namespace=namespace)
            return _told(await asyncio.to_thread(answer, self._memory, session, name, given))

        verb = AGENT_VERBS[name]
        return StructuredTool.from_function(
            run,
            coroutine=arun,
            name=name,
            description=verb.description,
            args_schema=SCHEMAS[name],
            response_format="content_and_artifact",
            handle_tool_error=True,
            metadata={"risk": verb.risk, "resmem": True},
        )


def _told(answered: Answered) -> tuple[str, Any]:
    if answered.failed:
        raise ToolException(answered.text)
    return answered.text, answered.value
