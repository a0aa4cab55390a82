"""What is done about failing models and tools, as events of LangChain's callbacks."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from langchain_core.callbacks.manager import adispatch_custom_event, dispatch_custom_event

from resmem_core import Session
from resmem_core.health.acts import Act

EVENT: Final = "resmem_act"
"""Name of the custom event that LangChain's callbacks get for every act."""


def tell(session: Session, act: Act) -> None:
    """Keep an act with its conversation, and tell whoever listens to the run."""
    session.acts.append(act)
    with suppress(Exception):  # outside a run there is nobody to tell
        dispatch_custom_event(EVENT, act.to_doc())


async def atell(session: Session, act: Act) -> None:
    """`tell`, on an event loop."""
    session.acts.append(act)
    with suppress(Exception):
        await adispatch_custom_event(EVENT, act.to_doc())
