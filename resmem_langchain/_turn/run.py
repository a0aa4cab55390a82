"""The agent's run that is under way: its state, whose memory it is, and which agent's it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, NotRequired

from langchain.agents.middleware.types import AgentState, PrivateStateAttr
from langgraph.config import get_config

from resmem_langchain._turn.scope import (
    NamespaceSource,
    Place,
    find_namespace,
    subagent_path,
    thread_of,
)

STATE_KEY: Final = "resmem"


def latest(_: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Mapping[str, Any]:
    """Reducer of the control state: the newest wins."""
    return new


class ResmemState(AgentState[Any]):
    """The agent's state with our control state: numbers, private, in every checkpoint."""

    resmem: NotRequired[Annotated[dict[str, Any], PrivateStateAttr, latest]]
    resmem_taken: NotRequired[Annotated[int, PrivateStateAttr]]
    resmem_told: NotRequired[Annotated[list[dict[str, Any]], PrivateStateAttr]]


def place_now(source: NamespaceSource, context: Any) -> Place:
    """The run's conversation, and whose memory it is.

    Raises:
        NamespaceError: as for `find_namespace`.
    """
    configurable = get_config().get("configurable", {})
    namespace = find_namespace(source, context, configurable)
    inside = subagent_path(configurable)
    thread = thread_of(configurable)
    return (f"{thread}/{inside}" if inside else thread), namespace


def subagent() -> str:
    """Where the run sits inside another agent's tool call; "" for a run of its own."""
    return subagent_path(get_config().get("configurable", {}))
