"""What is done about failing models and tools, as events of LlamaIndex's instrumentation."""

from __future__ import annotations

from typing import Any, Final

from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.base import BaseEvent

from resmem_core import Session
from resmem_core.health.acts import Act

_dispatcher: Final = get_dispatcher(__name__)


class ResmemActEvent(BaseEvent):
    """Something was done about a failing model or tool, or about one that is back.

    Args:
        act (dict): what, on which dependency, when and why; numbers and names, never a text.
    """

    act: dict[str, Any]

    @classmethod
    def class_name(cls) -> str:
        """Name of the class."""
        return "ResmemActEvent"


def note(session: Session, act: Act | None) -> None:
    """Keep an act that came of an event, where no call is under way that tells it."""
    if act is not None:
        session.health.note(act, session.namespace)
        tell(session, act)


def tell(session: Session, act: Act) -> None:
    """Keep an act with its conversation, and tell whoever listens."""
    session.acts.append(act)
    _dispatcher.event(ResmemActEvent(act=act.to_doc()))
