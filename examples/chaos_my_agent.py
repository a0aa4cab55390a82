"""An agent to try faults on, offline: `resmem chaos examples/chaos_my_agent.py:build …`.

Its model is a small script that does what a chat model would do with two tools; put your own in its
place. Nothing here knows of Resilient Memory or of faults.

    resmem chaos examples/chaos_my_agent.py:build --faults F1,F7,F8 \\
        --tasks examples/data/chaos_tasks.jsonl --out results
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

STOCK = {"lamp": 4, "desk": 0, "kettle": 11}
PRICES = {"lamp": 30, "desk": 210, "kettle": 45}


@tool
def stock(item: str) -> str:
    """How many of an item are in store."""
    return f"{STOCK[item]} in store"


@tool
def price(item: str) -> str:
    """What an item costs."""
    return f"{PRICES[item]} euros"


class ShopModel(BaseChatModel):
    """Asks the tool that the question needs, then repeats what it said."""

    @property
    def _llm_type(self) -> str:
        return "shop"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        """The model with tools."""
        return self.bind(**kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        last = messages[-1]
        if last.type == "human":
            asked = last.text.rpartition("\n\n")[2]  # notes of a memory may stand before it
            name = "price" if "cost" in asked else "stock"
            found = re.search("lamp|desk|kettle", asked)
            call = {"name": name, "args": {"item": found.group() if found else ""}, "id": "1"}
            message = AIMessage("", tool_calls=[call])
        else:
            message = AIMessage(f"The shop says: {last.text}.")
        return ChatResult(generations=[ChatGeneration(message=message)])


def build() -> Any:
    """The agent as its author builds it."""
    return create_agent(ShopModel(), [stock, price], checkpointer=InMemorySaver())
