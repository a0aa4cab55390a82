"""`TunedLLM`: any LlamaIndex model, whose settings follow a session, read before each call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms.llm import LLM

from resmem_core.control.terms import Budget, terms
from resmem_core.engine.calling.acting import Acting, acting
from resmem_core.engine.loop.suspension import changes, down_lines
from resmem_core.health.acts import Act
from resmem_core.providers import SAMPLING
from resmem_llamaindex._model.again import worth_again
from resmem_llamaindex._model.guard import Again, LLMGuard, shortened
from resmem_llamaindex._model.live import LiveModels
from resmem_llamaindex._model.parameters import Places
from resmem_llamaindex._model.wrapped import WrappedLLM
from resmem_llamaindex._tool.suspended import with_lines, without_down

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool

    from resmem_core import Session

_INHERITED: Final = (
    "callback_manager",
    "system_prompt",
    "messages_to_prompt",
    "completion_to_prompt",
    "output_parser",
    "pydantic_program_mode",
    "query_wrapper_prompt",
)


class TunedLLM(WrappedLLM):
    """
    Any LlamaIndex model whose sampling follows a session's state.

    What you set on the model or in a call is the base: in calm it is sent as it is. After failures
    and cut answers each call is made by a copy of the model with `temperature`, `top_p` and
    `max_tokens` changed as docs/authority.md says. The wrapped model itself is never changed, so
    two users may share it. Each call takes the session one tick on.

    Args:
        llm (LLM): the model; function calling works where the model itself can.
        session: whose state; by default that of the `scope` that the call is made in. Outside a
            scope the call goes through as the user configured it.
        knobs: instead of a session, a function that gives the settings of the next call.
        places: overrides of where a setting stands, e.g. `{"top_p": None}` to leave it alone.
        tune: which sampling settings may change; `()` for none.
        ranges: (low, high) by setting, within which changed values stay.
        budget: what one conversation may cost; needs a `ResmemEventHandler` that counts it.
        retry: whether a failed call is tried again: True for once, and twice after a rate limit;
            or a number. Where
            the model's own `max_retries` was changed, the retries are left to it.
        fallback: a model, or several, asked in order when this one fails or is down; they must
            take tools in the same form.
        breaker: whether a model that is down is not called (`CircuitOpen`, or the fallback).
        timeout: whether an async call is given up when it hangs far beyond what is usual for it.
        suspend: whether tools that are down are left out, and the model is told.

    Raises:
        ConfigError: a setting that does not exist, or a range or a budget that is none.

    Examples:
        ```python
        from llama_index.llms.ollama import Ollama

        llm = TunedLLM(Ollama(model="qwen3:4b"), session)
        agent = FunctionAgent(tools=[...], llm=llm)
        ```
    """

    _models: LiveModels = PrivateAttr(default_factory=LiveModels)
    _guard: LLMGuard = PrivateAttr(default_factory=lambda: LLMGuard(Acting()))

    def __init__(
        self,
        llm: LLM,
        session: Session | None = None,
        *,
        knobs: Callable[[], Mapping[str, Any]] | None = None,
        places: Places | None = None,
        tune: Sequence[str] = SAMPLING,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        budget: Budget | None = None,
        retry: bool | int = True,
        fallback: LLM | Sequence[LLM] | None = None,
        breaker: bool = True,
        timeout: bool = True,
        suspend: bool = True,
        **kwargs: Any,
    ) -> None:
        allowed = terms(tune, ranges, budget)
        settings = acting(retry=retry, breaker=breaker, timeout=timeout, suspend=suspend)
        inherited = {name: getattr(llm, name) for name in _INHERITED if hasattr(llm, name)}
        super().__init__(llm=llm, **{**inherited, **kwargs})
        self._models = LiveModels(session, knobs, places, allowed)
        self._guard = LLMGuard(settings, fallback)

    @classmethod
    def class_name(cls) -> str:
        """Name used in serialization and events."""
        return "TunedLLM"

    def __getstate__(self) -> dict[str, Any]:
        # The session stays behind: a restored model follows the scope that it is called in.
        private = {"_models": self._models.restorable(), "_guard": self._guard}
        return {**super().__getstate__(), "__pydantic_private__": private}

    def _live(self, call: Mapping[str, Any], llm: LLM) -> tuple[Any, dict[str, Any]]:
        """A copy of the model, or of the one that stands in, and the call's other arguments."""
        names = _INHERITED if llm is self.llm else _INHERITED[:1]
        own = {name: getattr(self, name) for name in names}
        live, rest = self._models.of(llm, call, own)
        return self._guard.once(live, llm), rest

    def _offered(self, tools: Sequence[BaseTool]) -> Sequence[BaseTool]:
        """The tools without those that are down."""
        return without_down(self._models.session, tools) if self._guard.acting.suspend else tools

    # --- calls: no callback decorators here, the copy's own ones emit the events once ---

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Chat with this call's settings."""
        response: ChatResponse = self._call("chat", messages, kwargs)
        return response

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Chat with this call's settings (async)."""
        response: ChatResponse = await self._acall("achat", messages, kwargs)
        return response

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Stream a chat with this call's settings."""
        response: ChatResponseGen = self._call("stream_chat", messages, kwargs)
        return response

    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Stream a chat with this call's settings (async)."""
        response: ChatResponseAsyncGen = await self._acall("astream_chat", messages, kwargs)
        return response

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Complete with this call's settings."""
        response: CompletionResponse = self._call("complete", prompt, kwargs, formatted=formatted)
        return response

    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        """Complete with this call's settings (async)."""
        response: CompletionResponse = await self._acall(
            "acomplete", prompt, kwargs, formatted=formatted
        )
        return response

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """Stream a completion with this call's settings."""
        response: CompletionResponseGen = self._call(
            "stream_complete", prompt, kwargs, formatted=formatted
        )
        return response

    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        """Stream a completion with this call's settings (async)."""
        response: CompletionResponseAsyncGen = await self._acall(
            "astream_complete", prompt, kwargs, formatted=formatted
        )
        return response

    def _call(self, method: str, said: Any, call: Mapping[str, Any], **more: Any) -> Any:
        session = self._models.session
        acts, lines = self._told(session)

        def make(llm: LLM) -> Any:
            live, rest = self._live(call, llm)
            sent = with_lines(shortened(session, said), lines)
            answer = getattr(live, method)(sent, **more, **rest)
            stream = method.startswith("stream_")
            return self._guard.started(session, llm, answer) if stream else answer

        return self._guard.call(session, self.llm, make, acts, said, self._again(call))

    async def _acall(self, method: str, said: Any, call: Mapping[str, Any], **more: Any) -> Any:
        session = self._models.session
        acts, lines = self._told(session)

        async def make(llm: LLM) -> Any:
            live, rest = self._live(call, llm)
            sent = with_lines(shortened(session, said), lines)
            answer = await getattr(live, method)(sent, **more, **rest)
            stream = method.startswith("astream_")
            return await self._guard.astarted(session, llm, answer) if stream else answer

        return await self._guard.acall(session, self.llm, make, acts, said, self._again(call))

    def _again(self, call: Mapping[str, Any]) -> Again:
        """Whether an answer is asked for once more."""
        return lambda session, llm, answer: (
            self._models.knobs is None
            and worth_again(session, llm, answer, call, self._models.places, self._models.terms)
        )

    def _told(self, session: Any) -> tuple[list[Act], list[str]]:
        """What the model is to hear of tools that are down, or back."""
        if not self._guard.acting.suspend or not getattr(session, "told", None):
            return [], []
        acts, back = changes(session, lambda _: False)
        return acts, [*down_lines(session), *back]

    # --- structured output: the provider's own way, on the copy ---

    def structured_predict(self, *args: Any, **kwargs: Any) -> Any:
        """Structured output with this call's settings."""
        return self._structured("structured_predict", args, kwargs)

    async def astructured_predict(self, *args: Any, **kwargs: Any) -> Any:
        """Structured output with this call's settings (async)."""
        return await self._astructured("astructured_predict", args, kwargs)

    def stream_structured_predict(self, *args: Any, **kwargs: Any) -> Any:
        """Stream structured output with this call's settings."""
        return self._structured("stream_structured_predict", args, kwargs)

    async def astream_structured_predict(self, *args: Any, **kwargs: Any) -> Any:
        """Stream structured output with this call's settings (async)."""
        return await self._astructured("astream_structured_predict", args, kwargs)

    def _structured(self, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        session = self._models.session

        def make(llm: LLM) -> Any:
            return getattr(self._live({}, llm)[0], method)(*args, **kwargs)

        return self._guard.call(session, self.llm, make)

    async def _astructured(
        self, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        session = self._models.session

        async def make(llm: LLM) -> Any:
            return await getattr(self._live({}, llm)[0], method)(*args, **kwargs)

        return await self._guard.acall(session, self.llm, make)
