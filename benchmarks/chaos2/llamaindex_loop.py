"""The agent under test as a LlamaIndex user builds it: `FunctionAgent`, a memory, tools."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms.callbacks import llm_chat_callback
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.memory import BaseMemory, ChatMemoryBuffer, Memory
from llama_index.core.tools import FunctionTool, ToolMetadata
from llama_index.core.tools.types import BaseTool
from pydantic import BaseModel, PrivateAttr, create_model

from benchmarks.chaos2.langchain_loop import NAMESPACE, ROOM, SYSTEM
from benchmarks.chaos2.plant import Plant
from benchmarks.chaos2.prompts import Call, Prompt, Reply, Seen
from benchmarks.chaos2.world import TOOLS
from resmem_core import ResilientMemory
from resmem_llamaindex import ResmemEventHandler, ResmemMemory, TunedLLM, scope

CALLS: Final = "tool_calls"
"""Where this model keeps its calls in a message, as providers' clients do."""


class ScriptedLLM(FunctionCallingLLM):
    """The scripted model behind LlamaIndex's interface; not streaming.

    Args:
        temperature, max_tokens: what the user set.
    """

    temperature: float = 0.7
    max_tokens: int | None = None
    model: str = "scripted-primary"

    _plant: Plant = PrivateAttr()

    def __init__(self, plant: Plant, **settings: Any) -> None:
        super().__init__(**settings)
        self._plant = plant

    @property
    def metadata(self) -> LLMMetadata:
        """What its maker says that it can do."""
        return LLMMetadata(
            context_window=self._plant.nature.window, num_output=ROOM, model_name=self.model,
            is_chat_model=True, is_function_calling_model=True,
        )  # fmt: skip

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        names = [tool.metadata.get_name() for tool in tools]
        return {"messages": list(chat_history or ()), "tools": names, **kwargs}

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """The calls of an answer."""
        return [
            ToolSelection(tool_id=c["id"], tool_name=c["name"], tool_kwargs=c["args"])
            for c in response.message.additional_kwargs.get(CALLS, ())
        ]

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """One call to the provider."""
        return self._answer(messages, kwargs)

    def _answer(self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> ChatResponse:
        prompt = Prompt(
            messages=tuple(map(seen, messages)),
            tools=frozenset(kwargs.get("tools", ())),
            temperature=kwargs.get("temperature", self.temperature),
            max_tokens=kwargs.get("max_tokens", self.max_tokens),
        )
        return said(self._plant.ask("primary", prompt), prompt)

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """`chat`: nothing is awaited, for time is virtual."""
        return self._answer(messages, kwargs)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """One call with a bare text."""
        answer = self.chat([ChatMessage(role=MessageRole.USER, content=prompt)], **kwargs)
        return CompletionResponse(text=answer.message.content or "")

    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        """`complete`."""
        return self.complete(prompt, formatted, **kwargs)

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """It does not stream."""
        raise NotImplementedError

    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """It does not stream."""
        raise NotImplementedError

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """It does not stream."""
        raise NotImplementedError

    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        """It does not stream."""
        raise NotImplementedError


def seen(message: ChatMessage) -> Seen:
    """A message of LlamaIndex's as the model reads it; an error is a result that is no JSON."""
    text, more = message.content or "", message.additional_kwargs
    if message.role == MessageRole.TOOL:
        failed = not text.startswith(("{", "["))
        return Seen("tool", text, answers=str(more.get("tool_call_id", "")), failed=failed)
    calls = tuple(Call(c["id"], c["name"], c["args"]) for c in more.get(CALLS, ()))
    return Seen(str(message.role.value), text, calls)


def said(made: Reply, prompt: Prompt) -> ChatResponse:
    """A reply as LlamaIndex's message, with the provider's usage and reason to stop."""
    calls = [{"id": c.id, "name": c.tool, "args": dict(c.args)} for c in made.calls]
    return ChatResponse(
        message=ChatMessage(
            role=MessageRole.ASSISTANT,
            content=made.text,
            additional_kwargs={CALLS: calls} if calls else {},
        ),
        raw={
            "choices": [{"finish_reason": "length" if made.cut else "stop"}],
            "usage": {"prompt_tokens": prompt.tokens, "completion_tokens": made.tokens},
        },
    )


def tools_of(plant: Plant) -> list[BaseTool | Callable[..., Any]]:
    """The world's tools as LlamaIndex's."""
    return [_tool(plant, name) for name in TOOLS]


def _tool(plant: Plant, name: str) -> BaseTool:
    def run(**args: Any) -> str:
        return plant.use(name, args)

    fields: dict[str, Any] = {field: (Any, ...) for field in TOOLS[name].takes}
    schema: type[BaseModel] = create_model(name, **fields)
    about = ToolMetadata(name=name, description=TOOLS[name].says, fn_schema=schema)
    return FunctionTool(fn=run, metadata=about)


@contextmanager
def agent_turn(
    plant: Plant, resilient: ResilientMemory | None
) -> Iterator[Callable[[str, str], str]]:
    """The agent as a function of thread and text; with a memory it is tuned and remembers."""
    schedule = plant.schedule
    llm: FunctionCallingLLM = ScriptedLLM(
        plant, temperature=schedule.temperature, max_tokens=schedule.max_tokens
    )
    if resilient is not None:
        llm = TunedLLM(llm, ranges={"max_tokens": (1, ROOM)})  # no profile says what it can do
    agent = FunctionAgent(
        llm=llm, tools=tools_of(plant), system_prompt=SYSTEM, streaming=False,
        allow_parallel_tool_calls=False, timeout=None,
    )  # fmt: skip
    memories: dict[str, BaseMemory] = {}

    def turn(thread: str, text: str) -> str:
        if thread not in memories:
            memories[thread] = _memory(resilient, thread)
        if resilient is None:
            return runner.run(_asked(agent, text, memories[thread]))
        with ResmemEventHandler(), scope(resilient.session(thread, namespace=NAMESPACE)):
            return runner.run(_asked(agent, text, memories[thread]))

    with asyncio.Runner() as runner:
        yield turn
        for memory in memories.values():
            runner.run(_closed(memory))


async def _closed(memory: BaseMemory) -> None:
    """Let go of the database that LlamaIndex keeps a conversation in."""
    if isinstance(memory, Memory):
        engine: Any = getattr(memory.sql_store, "_async_engine", None)
        if engine is not None:
            await engine.dispose()


def _memory(resilient: ResilientMemory | None, thread: str) -> BaseMemory:
    if resilient is None:
        return ChatMemoryBuffer.from_defaults(token_limit=10**6)
    return ResmemMemory.over(resilient, session_id=thread, namespace=NAMESPACE)


async def _asked(agent: FunctionAgent, text: str, memory: BaseMemory) -> str:
    answer: Any = await agent.run(user_msg=text, memory=memory, max_iterations=40)
    return str(answer)
