"""A model that stands before another one: what it can do and how it calls tools is the other's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata
from llama_index.core.bridge.pydantic import SerializeAsAny
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import LLM, ToolSelection

from resmem_core.errors import InputTypeError

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool


class WrappedLLM(FunctionCallingLLM):
    """The parts of a model's interface that are answered by the model that it wraps.

    Args:
        llm (LLM): the model; function calling works where it can.
    """

    llm: SerializeAsAny[LLM]

    @property
    def metadata(self) -> LLMMetadata:
        """The wrapped model's."""
        return self.llm.metadata

    def _functions(self) -> FunctionCallingLLM:
        if not isinstance(self.llm, FunctionCallingLLM):
            raise InputTypeError(
                f"{type(self.llm).__name__} cannot call tools; wrap a FunctionCallingLLM, "
                "or use ReActAgent"
            )
        return self.llm

    def _offered(self, tools: Sequence[BaseTool]) -> Sequence[BaseTool]:
        """The tools that the model is told of."""
        return tools

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
        return self._functions()._prepare_chat_with_tools_compat(
            self._offered(tools),
            user_msg=user_msg,
            chat_history=chat_history,
            verbose=verbose,
            allow_parallel_tool_calls=allow_parallel_tool_calls,
            tool_required=tool_required,
            **kwargs,
        )

    def _validate_chat_with_tools_response(
        self,
        response: ChatResponse,
        tools: Sequence[BaseTool],
        allow_parallel_tool_calls: bool = False,
        **kwargs: Any,
    ) -> ChatResponse:
        return self._functions()._validate_chat_with_tools_response(
            response, tools, allow_parallel_tool_calls=allow_parallel_tool_calls, **kwargs
        )

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """The tool calls of a response, read by the wrapped model."""
        # Some integrations, Ollama's among them, take no further arguments here.
        return self._functions().get_tool_calls_from_response(
            response, error_on_no_tool_call=error_on_no_tool_call
        )
