"""The agent under test as a LangChain user builds it: `create_agent`, a checkpointer, tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import ConfigDict

from benchmarks.chaos2.plant import Plant
from benchmarks.chaos2.prompts import Call, Prompt, Reply, Seen
from benchmarks.chaos2.world import TOOLS
from resmem_core.prompt import CLOSING, OPENING
from resmem_langchain.chaos.errors import ToolRefused

NAMESPACE: Final = ("bench", "user")
SYSTEM: Final = "You are an assistant. Follow the user's plan. Answer with one JSON object."
ROOM: Final = 4_096
"""Tokens that the model can answer with."""
STEPS: Final = 40
"""Supersteps of a turn before LangGraph ends it."""


class ScriptedChat(BaseChatModel):
    """The scripted model behind LangChain's interface; its settings are read as a provider does.

    Args:
        plant: the episode. provider: primary or fallback.
        temperature, max_tokens, timeout: what the user set.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    plant: Plant
    provider: str = "primary"
    temperature: float | None = None
    max_tokens: int | None = None
    timeout: float | None = None

    @property
    def _llm_type(self) -> str:
        return "chaos-scripted"

    @property
    def model_name(self) -> str:
        """The name that a provider's client would carry."""
        return f"scripted-{self.provider}"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with tools; it needs their names alone."""
        return self.bind(tools=[tool.name for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked = {**{n: getattr(self, n) for n in ("temperature", "max_tokens")}, **kwargs}
        prompt = Prompt(
            messages=tuple(part for message in messages for part in parts(message)),
            tools=frozenset(kwargs.get("tools", ())),
            temperature=0.7 if asked["temperature"] is None else asked["temperature"],
            max_tokens=asked["max_tokens"],
        )
        made = self.plant.ask(self.provider, prompt, kwargs.get("timeout", self.timeout))
        message = said(made, prompt, self.model_name)
        return ChatResult(generations=[ChatGeneration(message=message)])


def scripted(plant: Plant, provider: str) -> ScriptedChat:
    """A provider's model with the user's settings, and what its maker says that it can do."""
    schedule = plant.schedule
    return ScriptedChat(
        plant=plant, provider=provider, temperature=schedule.temperature,
        max_tokens=schedule.max_tokens,
        profile={"max_input_tokens": plant.nature.window, "max_output_tokens": ROOM},
    )  # fmt: skip


def parts(message: BaseMessage) -> Iterator[Seen]:
    """A message as the model reads it: notes at the head of a user's words are not the user's."""
    read = seen(message)
    notes, closing, words = read.text.rpartition(f"{CLOSING}\n\n")
    if read.role == "user" and notes.startswith(OPENING):
        yield Seen("system", f"{notes}{closing}")
        read = Seen("user", words)
    yield read


def seen(message: BaseMessage) -> Seen:
    """A message of LangChain's as the model reads it."""
    role = {"human": "user", "ai": "assistant"}.get(message.type, message.type)
    if isinstance(message, ToolMessage):
        failed = message.status == "error"
        return Seen("tool", str(message.text), answers=message.tool_call_id, failed=failed)
    calls = message.tool_calls if isinstance(message, AIMessage) else ()
    made = tuple(Call(str(c["id"]), c["name"], c["args"]) for c in calls)
    return Seen(role, str(message.text), made)


def said(made: Reply, prompt: Prompt, model: str) -> AIMessage:
    """A reply as LangChain's message, with the provider's usage and reason to stop."""
    broken = [{"name": made.broken, "args": "{", "id": "cut", "error": "cut"}]
    return AIMessage(
        content=made.text,
        tool_calls=[{"name": c.tool, "args": dict(c.args), "id": c.id} for c in made.calls],
        invalid_tool_calls=broken if made.broken else [],
        response_metadata={
            "finish_reason": "length" if made.cut else "stop", "model_name": model,
        },
        usage_metadata={
            "input_tokens": prompt.tokens, "output_tokens": made.tokens,
            "total_tokens": prompt.tokens + made.tokens,
        },
    )  # fmt: skip


def tools_of(plant: Plant) -> list[BaseTool]:
    """The world's tools as LangChain's, each with its declared risk."""
    return [_tool(plant, name) for name in TOOLS]


def _tool(plant: Plant, name: str) -> BaseTool:
    tool = TOOLS[name]

    def run(**args: Any) -> str:
        try:
            return plant.use(name, args)
        except ToolRefused as error:  # a well-made tool tells the model
            raise ToolException(str(error)) from error

    schema = {
        "title": name, "type": "object", "description": tool.says,
        "properties": {field: {} for field in tool.takes}, "additionalProperties": True,
    }  # fmt: skip
    metadata = {"risk": tool.risk} if tool.risk else None
    return StructuredTool(
        name=name, description=tool.says, args_schema=schema, func=run, metadata=metadata,
        handle_tool_error=True,
    )  # fmt: skip


def agent_turn(
    plant: Plant, middleware: Sequence[AgentMiddleware[Any, Any, Any]]
) -> Callable[[str, str], str]:
    """The agent as a function of thread and text; it raises what the agent raises."""
    model = scripted(plant, "primary")
    agent = create_agent(
        model, tools_of(plant), system_prompt=SYSTEM, middleware=list(middleware),
        checkpointer=InMemorySaver(),
    )  # fmt: skip

    def turn(thread: str, text: str) -> str:
        place = {"thread_id": thread, "resmem_namespace": NAMESPACE}
        config: RunnableConfig = {"configurable": place, "recursion_limit": STEPS}
        message = HumanMessage(text, id=f"{thread}-{plant.world.task}")
        state = agent.invoke({"messages": [message]}, config)
        return str(state["messages"][-1].text)

    return turn
