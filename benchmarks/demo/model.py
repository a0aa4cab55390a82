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
    """Answers with `next_answer`; while `use_tool` is set, it first calls that tool if it may."""

    next_answer: AIMessage | None = None
    use_tool: str = ""
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
        if self.use_tool in offered and not tried:
            call = {"name": self.use_tool, "args": {"day": "today"}, "id": f"call-{len(messages)}"}
            message = AIMessage("", tool_calls=[call])
        else:
            message = self.next_answer or AIMessage("")
        return ChatResult(generations=[ChatGeneration(message=message)])
