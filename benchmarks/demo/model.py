"""A chat model that gives the recorded answers, calling a tool first where the script says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool


class RecordedChatModel(BaseChatModel):
    """Answers with `next_answer`; it first calls those of `use_tools` that it may."""

    next_answer: AIMessage | None = None
    use_tools: Sequence[str] = ()
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None

    @property
    def _llm_type(self) -> str:
        return "resmem-recorded"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Remember which tools may be called."""
        names = [convert_to_openai_tool(tool)["function"]["name"] for tool in tools]
        return self.bind(offered=names, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        offered: Sequence[str] = (),
        **kwargs: Any,
    ) -> ChatResult:
        tried = isinstance(messages[-1], ToolMessage)
        calls = [
            {"name": name, "args": {"day": "today"}, "id": f"{name}-{len(messages)}"}
            for name in self.use_tools
            if name in offered and not tried
        ]
        message = AIMessage("", tool_calls=calls) if calls else self.next_answer or AIMessage("")
        return ChatResult(generations=[ChatGeneration(message=message)])
