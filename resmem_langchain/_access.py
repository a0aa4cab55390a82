"""Which tools may run now: a tool of declared risk r may, iff r <= session.tool_access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool

from resmem_core.errors import ConfigError
from resmem_core.types import check_number

Tool = BaseTool | dict[str, Any]


def check_risks(risks: Mapping[str, float] | None) -> dict[str, float]:
    """Declared risks by tool name, each in [0, 1]."""
    try:
        return {
            name: check_number(f"risk of {name!r}", r, 0, 1) for name, r in (risks or {}).items()
        }
    except (TypeError, ValueError) as error:
        raise ConfigError(str(error)) from error


def name_of(tool: Tool) -> str:
    """A tool's name; a provider's own tool is a dict with `name`, `function` or only `type`.

    >>> name_of({"type": "web_search"})
    'web_search'
    """
    if not isinstance(tool, dict):
        return tool.name
    function = tool.get("function")
    inner = function.get("name") if isinstance(function, Mapping) else None
    return str(tool.get("name") or inner or tool.get("type") or "")


def risk_of(name: str, tool: Tool | None, risks: Mapping[str, float]) -> float:
    """The declared risk: by name, else the tool's `metadata["risk"]`, else 0."""
    if name in risks:
        return risks[name]
    metadata = getattr(tool, "metadata", None) or {}
    return float(metadata.get("risk", 0.0))


def allowed(tools: Sequence[Tool], risks: Mapping[str, float], access: float) -> list[Tool]:
    """The tools whose risk is at most `access`, in their order."""
    return [t for t in tools if risk_of(name_of(t), t, risks) <= access]


def refusal(call: Mapping[str, Any], risk: float, access: float) -> ToolMessage:
    """The answer to a call of a tool that may not run now."""
    return ToolMessage(
        content=f"Not run: {call['name']!r} has risk {risk:.2f}, and at most {access:.2f} is "
        "allowed at present. Go on without it, or tell the user that it must wait.",
        name=call["name"],
        tool_call_id=call["id"],
        status="error",
    )
