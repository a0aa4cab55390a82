"""`ResmemToolRetriever`: an agent's tools, as many as the session's state allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from llama_index.core.objects import ObjectRetriever
from llama_index.core.schema import QueryType
from llama_index.core.tools import BaseTool, FunctionTool

from resmem_core.types import check_number
from resmem_llamaindex._tool.suspended import without_down
from resmem_llamaindex._turn.scope import active_session

if TYPE_CHECKING:
    from resmem_core import Session

UNDECLARED: Final = 0.5
"""Risk of a tool for which none was declared."""


class ResmemToolRetriever(ObjectRetriever[BaseTool]):
    """
    Gives an agent the tools whose risk the session allows at present, and that are up.

    Agents ask for their tools before every step, and again at the call itself with the tool's
    name: a tool that was withdrawn in between is not run. Outside a session only tools of risk 0
    are allowed; so it is in safe mode.

    Args:
        tools: tools or functions; pass them here and not to the agent's `tools`.
        session: by default that of the `scope` in which the agent runs.
        risks: by tool name, in [0, 1]; 0 is always allowed.
        default_risk (float): of tools that `risks` does not name and that declare none themselves,
            as those of `ResmemToolSpec` do.

    Examples:
        ```python
        retriever = ResmemToolRetriever([search, send_mail], risks={"search": 0, "send_mail": 0.8})
        agent = FunctionAgent(tool_retriever=retriever, llm=llm)
        ```
    """

    def __init__(
        self,
        tools: Sequence[BaseTool | Callable[..., Any]] = (),
        session: Session | None = None,
        *,
        risks: Mapping[str, float] | None = None,
        default_risk: float = UNDECLARED,
    ) -> None:
        # The base class is a vector search over tools; only its two questions are answered here.
        self._tools = [_as_tool(tool) for tool in tools]
        self._session = session
        self._risks = {
            name: check_number(f"risk of {name!r}", risk, 0.0, 1.0)
            for name, risk in (risks or {}).items()
        }
        self._default_risk = check_number("default_risk", default_risk, 0.0, 1.0)
        self._inner: ObjectRetriever[BaseTool] | None = None

    @classmethod
    def over(
        cls, retriever: ObjectRetriever[BaseTool], session: Session | None = None, **kwargs: Any
    ) -> ResmemToolRetriever:
        """
        Gate what another tool retriever finds.

        Args:
            retriever: e.g. `ObjectIndex.from_objects(tools).as_retriever()`.
            session, kwargs: as for `ResmemToolRetriever`.
        """
        made = cls((), session, **kwargs)
        made._inner = retriever
        return made

    def retrieve(self, str_or_query_bundle: QueryType) -> list[BaseTool]:
        """The tools allowed now."""
        inner = self._inner
        return self._allowed(inner.retrieve(str_or_query_bundle) if inner else self._tools)

    async def aretrieve(self, str_or_query_bundle: QueryType) -> list[BaseTool]:
        """The tools allowed now (async)."""
        inner = self._inner
        return self._allowed(await inner.aretrieve(str_or_query_bundle) if inner else self._tools)

    def _allowed(self, tools: Sequence[BaseTool]) -> list[BaseTool]:
        session = self._session or active_session()
        access = session.tool_access if session is not None else 0.0
        allowed = [tool for tool in tools if self.risk(tool) <= access]
        return list(without_down(session, allowed))

    def risk(self, tool: BaseTool) -> float:
        """The tool's declared risk, in [0, 1]."""
        declared = getattr(tool.metadata, "risk", self._default_risk)
        return self._risks.get(tool.metadata.get_name(), declared)


def _as_tool(tool: BaseTool | Callable[..., Any]) -> BaseTool:
    return tool if isinstance(tool, BaseTool) else FunctionTool.from_defaults(tool)
