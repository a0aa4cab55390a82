"""`ResmemToolSpec`: the memory in the agent's own hands, with honest answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llama_index.core.tools import FunctionTool, ToolMetadata, ToolOutput
from llama_index.core.tools.tool_spec.base import BaseToolSpec

from resmem_core.agents import SCHEMAS, Answered, answer, check_verbs
from resmem_core.engine.checked import check_memory
from resmem_core.errors import ConfigError
from resmem_core.verbs import AGENT_VERBS, USUAL
from resmem_llamaindex._turn.scope import (
    IDS,
    NamespaceOf,
    asession_for,
    by_name,
    session_for,
    taken,
)

if TYPE_CHECKING:
    from resmem_core import ResilientMemory


@dataclass
class RatedMetadata(ToolMetadata):
    """A tool's metadata with its declared risk, in [0, 1]; `ResmemToolRetriever` reads it."""

    risk: float = 0.0


class ResmemToolSpec(BaseToolSpec):
    """
    Tools with which an agent writes, reads, corrects and erases its memory itself.

    Their answers say what really happened: what the gate drops is reported as dropped, with the
    reason, and a refusal is an error with its reason. They never leave the namespace. A tool's
    `raw_output` is the engine's own value (`Answered.value`).

    Args:
        memory (ResilientMemory): an open memory.
        namespace: as for `ResmemRetriever`; when None, it comes with each call from `scope` or
            instrument tags.
        session_id (str): the conversation that what is remembered belongs to; by default from the
            context.
        ids: `user_id`, `agent_id`, `run_id`, `tenant`: they fill the namespace's fields, or are it.
        verbs: which tools, of "remember", "recall", "forget", "list", "edit" and "settle".

    Raises:
        ConfigError: there is no such verb, or no such id.
        InputTypeError: `memory` is no open memory.

    Examples:
        ```python
        tools = ResmemToolSpec(memory, namespace=("acme", "ada")).to_tool_list()
        agent = FunctionAgent(tools=tools, llm=llm)
        ```
    """

    def __init__(
        self,
        memory: ResilientMemory,
        namespace: NamespaceOf | None = None,
        *,
        session_id: str | None = None,
        verbs: Sequence[str] = USUAL,
        **ids: str,
    ) -> None:
        names = taken(ids)
        if ids:
            raise ConfigError(f"ResmemToolSpec has no {', '.join(ids)}; ids are {', '.join(IDS)}")
        self._memory = check_memory(memory)
        self._namespace = by_name(namespace, names)
        self._session_id = session_id or names.get("run_id")
        self.spec_functions = list(check_verbs(verbs))

    def to_tool_list(
        self,
        spec_functions: list[Any] | None = None,
        func_to_metadata_mapping: dict[str, ToolMetadata] | None = None,
    ) -> list[FunctionTool]:
        """The tools, in the order of the verbs.

        Args:
            spec_functions: other verbs than the spec's.
            func_to_metadata_mapping: metadata of your own, by verb.
        """
        names = self.spec_functions if spec_functions is None else check_verbs(spec_functions)
        own = func_to_metadata_mapping or {}
        return [self._tool(str(name), own.get(str(name))) for name in names]

    def _tool(self, name: str, metadata: ToolMetadata | None) -> FunctionTool:
        run, arun = self._functions(name)
        verb, schema = AGENT_VERBS[name], SCHEMAS[name]
        rated = RatedMetadata(verb.description, name, schema, risk=verb.risk)
        return FunctionTool.from_defaults(
            run,
            async_fn=arun,
            tool_metadata=metadata or rated,
            callback=_output(name),
            async_callback=_aoutput(name),
        )

    def _functions(self, name: str) -> tuple[Callable[..., Answered], Callable[..., Any]]:
        def run(**given: Any) -> Answered:
            session = session_for(self._memory, self._namespace, self._session_id)
            return answer(self._memory, session, name, _checked(name, given))

        async def arun(**given: Any) -> Answered:
            session = await asession_for(self._memory, self._namespace, self._session_id)
            checked = _checked(name, given)
            return await asyncio.to_thread(answer, self._memory, session, name, checked)

        return run, arun


def _checked(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments as the schema reads them; LlamaIndex passes a model's own on as they are."""
    return dict(SCHEMAS[name](**given))


def _output(name: str) -> Callable[[Answered], ToolOutput]:
    def output(answered: Answered) -> ToolOutput:
        return ToolOutput(
            content=answered.text,
            tool_name=name,
            raw_input={},
            raw_output=answered.value,
            is_error=answered.failed,
        )

    return output


def _aoutput(name: str) -> Callable[[Answered], Any]:
    output = _output(name)

    async def aoutput(answered: Answered) -> ToolOutput:
        return output(answered)

    return aoutput
