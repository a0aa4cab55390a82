"""`memory_nodes`: the memory as two nodes of a plain LangGraph `StateGraph`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resmem_core.errors import missing_extra

try:
    from langchain_core.messages import AnyMessage, ToolMessage
    from langchain_core.runnables import RunnableConfig, RunnableLambda
    from langgraph.graph import MessagesState
except ImportError as error:
    raise missing_extra("langchain", "langgraph") from error

from resmem_core import ResilientMemory
from resmem_core.prompt import DEFAULT_BUDGET, Count
from resmem_core.types import Role
from resmem_langchain._prompt.block import About, BlockLayout
from resmem_langchain._turn.catch_up import TAKEN_KEY, before, mark
from resmem_langchain._turn.messages import question, this_turn
from resmem_langchain._turn.scope import NamespaceSource, place_of
from resmem_langchain._turn.turns import Turn, Turns, has_failed, words_of
from resmem_langchain._turn.writing import Judge, Writer, said

MEMORIES_KEY = "memories"


class MemoryState(MessagesState):
    """The state of a graph with these nodes.

    `memories` is the block for the prompt, "" where nothing fits; it is the last turn's and is
    checkpointed with the rest. `resmem_taken` says how far the thread is stored.
    """

    memories: str
    resmem_taken: int


class MemoryNodes(NamedTuple):
    """Two nodes: put `recall` before the model, `write` behind the answer."""

    recall: RunnableLambda[Any, Any]
    write: RunnableLambda[Any, Any]


def memory_nodes(
    memory: ResilientMemory,
    *,
    namespace: NamespaceSource = None,
    remember: Sequence[Role] = ("user", "assistant"),
    token_budget: int = DEFAULT_BUDGET,
    count_tokens: Count | None = None,
    about: About = False,
    judge: Judge | None = None,
    background: float | None = None,
) -> MemoryNodes:
    """Memory for a graph that is not made by `create_agent`.

    `recall` writes the block of what the newest user message calls for to `state["memories"]`;
    your model node puts it into its prompt. `write` observes the turn's messages, and those of
    earlier turns that did not come to their end, and credits the outcome to what was recalled.
    Knobs, health and tools are `ResmemMiddleware`'s; nothing here changes a request.

    A store that is away recalls nothing, and what could not be written waits in the outbox.

    Args:
        memory, namespace, remember, token_budget, count_tokens, about, judge, background: as for
            `ResmemMiddleware`.

    Raises:
        ConfigError: a role that does not exist, or `about` is no choice.
        InputTypeError: `memory` is no open memory.
        NamespaceError: at a run that names no namespace.

    Example:
        >>> from langgraph.graph import StateGraph
        >>> memory = ResilientMemory.open(":memory:", keep=1.0)
        >>> nodes = memory_nodes(memory, namespace=("acme", "ada"))
        >>> def model(state):
        ...     return {"messages": [("ai", state["memories"] or "Noted.")]}
        >>> graph = StateGraph(MemoryState)
        >>> _ = graph.add_sequence([("recall", nodes.recall), ("model", model)])
        >>> _ = graph.add_node("write", nodes.write).add_edge("model", "write")
        >>> app = graph.set_entry_point("recall").compile()
        >>> _ = app.invoke({"messages": [("user", "I moved to Lisbon in May.")]})
        >>> told = app.invoke({"messages": [("user", "Where did I move to?")]})
        >>> "I moved to Lisbon in May." in told["memories"]
        True
        >>> memory.close()
    """
    layout = BlockLayout.of(token_budget, count_tokens, about)
    nodes = _Nodes(namespace, layout, Writer(memory, remember, judge, background))
    return MemoryNodes(
        RunnableLambda(nodes.recall, afunc=nodes.arecall, name="recall"),
        RunnableLambda(nodes.write, afunc=nodes.awrite, name="write"),
    )


class _Nodes:
    """The nodes' functions; one instance serves all threads and users."""

    def __init__(self, namespace: NamespaceSource, layout: BlockLayout, writer: Writer) -> None:
        self._namespace = namespace
        self._layout = layout
        self._writer = writer
        self._turns = Turns()

    def recall(self, state: Mapping[str, Any], config: RunnableConfig) -> dict[str, Any]:
        session = self._writer.session(place_of(self._namespace, config))
        if session is None:
            return {MEMORIES_KEY: ""}
        messages = state["messages"]
        self._writer.catch_up(session, messages, state.get(TAKEN_KEY))
        turn = self._turns.find(session, question(messages)[0])
        turn.heard = tuple(m for m in this_turn(messages) if m.type == "human")
        self._layout.recall(turn, None, messages)
        return {MEMORIES_KEY: turn.laid.whole, TAKEN_KEY: mark(before(messages))}

    async def arecall(self, state: Mapping[str, Any], config: RunnableConfig) -> dict[str, Any]:
        return await asyncio.to_thread(self.recall, state, config)

    def write(self, state: Mapping[str, Any], config: RunnableConfig) -> dict[str, Any]:
        messages, place = state["messages"], place_of(self._namespace, config)
        session = self._writer.session(place)
        if session is None:
            self._writer.keep(place, messages)
        else:
            turn = self._turns.find(session, question(messages)[0])
            _count_tools(turn, messages)
            self._writer.end(turn, messages)
            self._turns.end(turn)
        return {TAKEN_KEY: mark(messages)}

    async def awrite(self, state: Mapping[str, Any], config: RunnableConfig) -> dict[str, Any]:
        return await asyncio.to_thread(self.write, state, config)


def _count_tools(turn: Turn, messages: Sequence[AnyMessage]) -> None:
    """How the turn's tools went, by their messages: nobody saw the calls themselves."""
    for message in said(turn, messages):
        if isinstance(message, ToolMessage):
            turn.tool_done(has_failed(message), words_of(message))
