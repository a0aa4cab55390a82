"""`resmem bench turn --cache`: what each placement of the memories costs where prompts are cached.

A provider reads from its cache what a request shares with the one before it, from the beginning.
Characters stand for tokens: the shares are what matters, and no tokenizer is assumed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any, Final

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.memory import InMemorySaver
from rich.console import Console
from rich.table import Table

from resmem_core import Message, ResilientMemory
from resmem_langchain import ResmemMiddleware

PRICES: Final = (0.1, 0.25)
"""Of cached text, beside text that is read anew."""

_NAMESPACE: Final = ("bench", "cache")
_PROMPT: Final = "You are a helpful assistant. " * 40
_SAMPLE: Final = Path(__file__).parents[2] / "examples/data/sample.jsonl"


class _Recorder(BaseChatModel):
    """Answers at once and keeps every request."""

    seen: Any  # shared, where a list would be copied

    @property
    def _llm_type(self) -> str:
        return "recorder"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.seen.append("\n".join(f"{m.type}: {m.text}" for m in messages))
        said = "I have noted that, and I shall think of it when it matters."
        return ChatResult(generations=[ChatGeneration(message=AIMessage(said))])


def measure(turns: int) -> dict[str, dict[str, float]]:
    """By placement: characters, the share that is cached, and the cost beside no memory."""
    lines = [json.loads(line) for line in _SAMPLE.read_text("utf-8").splitlines()]
    said = [str(line["text"]) for line in lines if line.get("role", "user") == "user"]
    requests = {
        placement: _requests(placement, said[:-turns], said[-turns:])
        for placement in ("none", "system", "tail")
    }
    bare = {price: _cost(requests["none"], price) for price in PRICES}
    return {
        placement: {
            "characters": float(sum(map(len, made))),
            "cached": _cached(made) / sum(map(len, made)),
            **{f"cost at {price}": _cost(made, price) / bare[price] for price in PRICES},
        }
        for placement, made in requests.items()
    }


def _requests(placement: str, before: Sequence[str], said: Sequence[str]) -> list[str]:
    """The requests of one thread, in which everything of earlier conversations is remembered."""
    seen: list[str] = []
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("before", namespace=_NAMESPACE)
        for text in before:
            session.observe(Message("user", text))
        ours: list[Any] = []
        if placement != "none":
            place: Any = placement
            ours = [ResmemMiddleware(memory, namespace=_NAMESPACE, placement=place)]
        agent = create_agent(
            _Recorder(seen=seen), [], middleware=ours, checkpointer=InMemorySaver(),
            system_prompt=SystemMessage(_PROMPT),
        )  # fmt: skip
        for text in said:
            asked: Any = {"messages": [HumanMessage(text)]}
            agent.invoke(asked, {"configurable": {"thread_id": "now"}})
    return seen


def _cached(requests: Sequence[str]) -> int:
    """Characters that a request shares with the beginning of the one before it."""
    return sum(
        sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
        for one, two in pairwise(requests)
    )


def _cost(requests: Sequence[str], price: float) -> float:
    """What all requests cost to read, cached characters at the price."""
    return sum(map(len, requests)) - (1 - price) * _cached(requests)


def report(turns: int, *, json_: bool) -> None:
    """Print the table, or JSON."""
    figures = measure(turns)
    if json_:
        print(json.dumps(figures))
        return
    columns = ("characters", "cached", *(f"cost at {price}" for price in PRICES))
    table = Table("placement", *columns, title=f"{turns} turns of one thread")
    for placement, row in figures.items():
        table.add_row(
            placement, f"{row['characters']:,.0f}", f"{row['cached']:.0%}",
            *(f"{row[f'cost at {price}']:.2f}" for price in PRICES),
        )  # fmt: skip
    Console().print(table)
