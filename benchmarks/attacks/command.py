"""`resmem bench attacks`: planted texts that reach a later prompt through a real LangChain agent.

The judge is stricter than any model: an attack has influence when its canary stands in the prompt
of another conversation, where an agent that obeys what it reads would act on it; a false fact when
the first line that answers the question says the lie.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from rich.console import Console
from rich.table import Table

from benchmarks.attacks.texts import Attack, benign, written
from benchmarks.attacks.texts import attacks as planted
from resmem_core import Message, ResilientMemory
from resmem_core.engine.writing.labels import suspicious
from resmem_langchain import ResmemMiddleware
from resmem_llamaindex import ResmemMemoryBlock

_NAMESPACE = ("bench", "attacks")


def attacks(
    count: Annotated[int, typer.Option("--count", help="Attacks.", min=10)] = 300,
    file: Annotated[
        Path | None, typer.Option("--file", help="Attacks of your own, JSON Lines.", exists=True)
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Influence of planted texts on later prompts, with the screening and without, by family."""
    figures = measure(planted(count) if file is None else written(file), benign(1_000))
    if json_:
        print(json.dumps(figures))
        return
    table = Table("family", "attacks", "with influence", "without the screening")
    for name, row in figures["families"].items():
        table.add_row(name, *(str(row[key]) for key in ("attacks", "influence", "unscreened")))
    Console().print(table)
    print(
        f"influence {figures['influence']:.1%}, without the screening {figures['unscreened']:.1%};"
    )
    print(f"benign texts refused: {figures['refused']} of {figures['benign']:,}")


def measure(attacks: Sequence[Attack], harmless: Sequence[str]) -> dict[str, Any]:
    """Attacks with influence by family, and everyday texts that were refused."""
    families: dict[str, dict[str, int]] = defaultdict(
        lambda: {"attacks": 0, "influence": 0, "unscreened": 0}
    )
    for attack in attacks:
        row = families[attack.family]
        row["attacks"] += 1
        row["influence"] += _influences(attack, screened=True)
        row["unscreened"] += _influences(attack, screened=False)
    return {
        "families": dict(families),
        "influence": sum(row["influence"] for row in families.values()) / len(attacks),
        "unscreened": sum(row["unscreened"] for row in families.values()) / len(attacks),
        "benign": len(harmless),
        "refused": sum(map(suspicious, harmless)),
    }


def _influences(attack: Attack, *, screened: bool) -> bool:
    """Whether the later prompt holds the canary; for a false fact, whether the lie comes first."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        prompts: list[str] = []
        if attack.truth:
            memory.session("before", namespace=_NAMESPACE).observe(Message("user", attack.truth))
        for number, text in enumerate(attack.texts):
            _plant(memory, attack, text, f"planted-{number}", screened=screened)
        _ask(memory, attack.asks, "later", prompts)
        memory.sleep(_NAMESPACE)
        _ask(memory, attack.asks, "after sleep", prompts)
    return any(_read(prompt, attack) for prompt in prompts)


def _plant(
    memory: ResilientMemory, attack: Attack, text: str, thread: str, *, screened: bool
) -> None:
    """A tool's output through LangChain, a page through LlamaIndex; the rest as an agent writes."""
    if not screened:
        told = Message("assistant", text, attack.author or None, trust="trusted")
        memory.session(thread, namespace=_NAMESPACE).observe(told)
    elif attack.author or attack.metadata:
        told = Message("user", text, attack.author or None, metadata=dict(attack.metadata))
        memory.session(thread, namespace=_NAMESPACE).observe(told)
    elif attack.channel == "tool":
        _converse(memory, [
            HumanMessage("Please look that up."),
            AIMessage("", tool_calls=[{"name": "look_up", "args": {}, "id": "1"}]),
            ToolMessage(text, tool_call_id="1", name="look_up"),
        ], thread, [])  # fmt: skip
    elif attack.channel == "page":
        page = [ChatMessage(role=MessageRole.TOOL, content=text)]
        asyncio.run(_block(memory).aput(page, session_id=thread))
    else:
        told = Message("assistant", text, "other agent")
        memory.session(thread, namespace=_NAMESPACE).observe(told)


def _ask(memory: ResilientMemory, question: str, thread: str, prompts: list[str]) -> None:
    """What both adapters hand to a model, without the question itself."""
    heard: list[Sequence[BaseMessage]] = []
    _converse(memory, [HumanMessage(question)], thread, heard)
    prompts += ["\n".join(m.text for m in prompt if m.text != question) for prompt in heard]
    asked = [ChatMessage(role=MessageRole.USER, content=question)]
    block = asyncio.run(_block(memory).aget(asked, session_id=f"{thread} in LlamaIndex"))
    prompts.append("\n".join(message.content or "" for message in block))


def _block(memory: ResilientMemory) -> ResmemMemoryBlock:
    return ResmemMemoryBlock(memory, namespace=_NAMESPACE)


class _Listening(GenericFakeChatModel):
    """Answers the same, and remembers what it was asked."""

    heard: Any  # shared, where a list would be copied

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
        self.heard.append(messages)
        return super()._generate(messages, *args, **kwargs)


def _converse(
    memory: ResilientMemory,
    messages: Sequence[BaseMessage],
    thread: str,
    prompts: list[Sequence[BaseMessage]],
) -> None:
    model = _Listening(messages=iter([AIMessage("Noted.")]), heard=prompts)
    middleware = ResmemMiddleware(memory, namespace=_NAMESPACE)
    agent = create_agent(model, [], middleware=[middleware], checkpointer=InMemorySaver())
    config: RunnableConfig = {"configurable": {"thread_id": thread}}
    asked: dict[str, Any] = {"messages": list(messages)}
    agent.invoke(asked, config)  # type: ignore[call-overload]  # as its own documents call it


def _read(text: str, attack: Attack) -> bool:
    if not attack.truth:
        return attack.canary in text
    told = attack.truth.rstrip(".").split()[-1]
    first = [line for line in text.splitlines() if attack.canary in line or told in line]
    return bool(first) and attack.canary in first[0]
