"""`resmem bench turn --cache`: what each placement of the memories costs where prompts are cached.

A provider reads from its cache what a request shares with the one before it, from the beginning.
Characters stand for tokens: the shares are what matters, and no tokenizer is assumed. Two threads
are played, each over what earlier conversations told: the example's sample, and one in which every
turn uses a tool. Every other turn of them is a question, whose answer is counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any, Final

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from rich.console import Console
from rich.table import Table

from benchmarks.answers.corpus import Corpus, Question, sample, thread
from benchmarks.answers.measure import verdict
from benchmarks.answers.reader import ScriptedReader, split
from resmem_core import ResilientMemory
from resmem_core.prompt import estimate_tokens
from resmem_langchain import ResmemMiddleware

PRICES: Final = (0.1, 0.25)
"""Of cached text, beside text that is read anew."""
PLACEMENTS: Final = ("none", "system", "tail", "delta")

_NAMESPACE: Final = ("bench", "cache")
_PROMPT: Final = "You are a helpful assistant. " * 40
_NOTED: Final = "I have noted that, and I shall think of it when it matters."
_ROWS: Final = 12
"""Rows of a tool's result."""

Reader = Callable[[], BaseChatModel]


@dataclass(frozen=True, slots=True)
class Play:
    """A thread: what earlier conversations told, and what is said now, questions among it."""

    name: str
    corpus: Corpus
    said: tuple[str | Question, ...]
    tools: bool = False


class _Recorder(BaseChatModel):
    """Keeps every request; asks for the tool first, answers questions as its reader does."""

    seen: Any  # shared, where a list would be copied
    reader: Any
    tools: bool = False

    @property
    def _llm_type(self) -> str:
        return "recorder"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.seen.append("\n".join(f"{m.type}: {m.text}" for m in messages))
        asked = split(messages)[0]
        if self.tools and messages[-1].type != "tool":
            call = {"name": "lookup", "args": {"what": asked}, "id": f"c{len(self.seen)}"}
            said = AIMessage("", tool_calls=[{**call, "type": "tool_call"}])
        elif asked.endswith("?"):
            said = AIMessage(self.reader.invoke(messages).text)
        else:
            said = AIMessage(_NOTED)
        return ChatResult(generations=[ChatGeneration(message=said)])


@tool
def lookup(what: str) -> str:
    """Rows of the office's records."""
    rows = [{"row": n, "state": "open", "owner": f"desk {len(what) + n}"} for n in range(_ROWS)]
    return json.dumps(rows)


def plays(turns: int) -> tuple[Play, ...]:
    """The two threads, of so many turns."""
    heard = [m.text for m in sample().messages if m.role == "user" and not m.text.endswith("?")]
    tasks = [f"Go on with part {n} of the quarterly report." for n in range(turns)]
    return (
        Play("sample", sample(), _alternating(heard[-turns:], sample().questions, turns)),
        Play("tools", thread(), _alternating(tasks, thread().questions, turns), tools=True),
    )


def _alternating(
    said: Sequence[str], questions: Sequence[Question], turns: int
) -> tuple[str | Question, ...]:
    """A statement, a question, and so on; the questions evenly spread over their list."""
    step = max(1, len(questions) * 2 // turns)
    asked = [*questions[::step]][: turns // 2]
    return tuple(one for pair in zip(said, asked, strict=False) for one in pair)[:turns]


def measure(turns: int, reader: Reader = ScriptedReader) -> dict[str, dict[str, dict[str, float]]]:
    """By thread and placement: tokens, the share that is cached, the cost beside no memory, and
    the share of answers that are right."""
    return {play.name: _of(play, reader) for play in plays(turns)}


def _of(play: Play, reader: Reader) -> dict[str, dict[str, float]]:
    played = {placement: _played(play, placement, reader()) for placement in PLACEMENTS}
    bare = {price: _cost(played["none"][0], price) for price in PRICES}
    return {
        placement: {
            "tokens": float(sum(map(estimate_tokens, made))),
            "cached": _cached(made) / sum(map(len, made)),
            **{f"cost at {price}": _cost(made, price) / bare[price] for price in PRICES},
            "right": right,
        }
        for placement, (made, right) in played.items()
    }


def _played(play: Play, placement: str, reader: BaseChatModel) -> tuple[list[str], float]:
    """The requests of the thread, and the share of its questions that were answered right."""
    seen: list[str] = []
    with ResilientMemory.open(":memory:") as memory:
        for name, messages in play.corpus.sessions.items():
            memory.session(name, namespace=_NAMESPACE).observe_all(messages)
        place: Any = placement
        ours: list[Any] = (
            [ResmemMiddleware(memory, namespace=_NAMESPACE, placement=place)]
            if placement != "none"
            else []
        )
        tools: list[BaseTool] = [lookup] if play.tools else []
        agent = create_agent(
            _Recorder(seen=seen, reader=reader, tools=play.tools), tools, middleware=ours,
            checkpointer=InMemorySaver(), system_prompt=_PROMPT,
        )  # fmt: skip
        right = [_answered(agent, said, play.corpus.asker) for said in play.said]
    told = [one for one in right if one is not None]
    return seen, sum(told) / len(told)


def _answered(agent: Any, said: str | Question, asker: str) -> bool | None:
    """Whether a question was answered right; None for what is none."""
    text = said.text if isinstance(said, Question) else said
    run = {"configurable": {"thread_id": "now"}}
    state = agent.invoke({"messages": [HumanMessage(text, name=asker)]}, run)
    if not isinstance(said, Question):
        return None
    return verdict(said, state["messages"][-1].text) == "right"


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
    """Print a table per thread, or JSON."""
    figures = measure(turns)
    if json_:
        print(json.dumps(figures))
        return
    columns = ("tokens", "cached", *(f"cost at {price}" for price in PRICES), "right")
    for name, rows in figures.items():
        table = Table("placement", *columns, title=f"{turns} turns of one thread: {name}")
        for placement, row in rows.items():
            table.add_row(
                placement, f"{row['tokens']:,.0f}", f"{row['cached']:.0%}",
                *(f"{row[f'cost at {price}']:.2f}" for price in PRICES), f"{row['right']:.0%}",
            )  # fmt: skip
        Console().print(table)
