"""Tools that are down: left out of what an agent may call, and named to its model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole, TextBlock

from resmem_core.engine.loop.suspension import changes, down_tools
from resmem_llamaindex._turn.acts import note

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool

    from resmem_core import Session


def without_down(session: Session | None, tools: Sequence[BaseTool]) -> Sequence[BaseTool]:
    """The tools that are up; those that are down are noted, so that the model is told."""
    board = getattr(session, "health", None)
    down = down_tools(board) if board is not None else {}
    if session is None or not down:
        return tools
    acts, _ = changes(session, {_name(tool) for tool in tools}.__contains__)
    for act in acts:
        note(session, act)
    return [tool for tool in tools if _name(tool) not in down]


def _name(tool: BaseTool) -> str:
    return str(tool.metadata.get_name())


def with_lines(said: Any, lines: Sequence[str]) -> Any:
    """A prompt or messages with these lines behind the system message; as they came without any."""
    if not lines:
        return said
    text = "\n".join(lines)
    if isinstance(said, str):
        return f"{text}\n\n{said}"
    first, rest = (said[0], said[1:]) if said else (None, [])
    if first is None or first.role != MessageRole.SYSTEM:
        return [ChatMessage(role=MessageRole.SYSTEM, content=text), *said]
    return [first.model_copy(update={"blocks": [*first.blocks, TextBlock(text=text)]}), *rest]
