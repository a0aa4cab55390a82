"""A chat model without a network: it answers only by quoting recalled memories, and says so."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from resmem_core.errors import missing_extra
from resmem_core.prompt import CLOSING

try:
    from langchain_core.callbacks import CallbackManagerForLLMRun
    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
    from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
    from langchain_core.runnables import Runnable
    from langchain_core.tools import BaseTool
except ImportError as error:
    raise missing_extra("langchain", "langchain_core") from error

from resmem_langchain._turn.messages import OWN_MARK

NOTHING: Final = "I have no memory that answers this. (Offline model: it only quotes memories.)"
RECALLED: Final = {OWN_MARK: "recalled"}
"""Marks an answer that only repeats memories, so that it is not stored as a new one."""

_MEMORY: Final = re.compile(
    r"^- \[(?P<on>\d{4}-\d\d-\d\d)(?:, (?:today|yesterday|tomorrow|in [^,]+|[^,]+ ago))?, "
    r"(?P<by>.*?)(?:, untrusted)?\] (?P<text>.*)$",
    re.MULTILINE,
)
_WORD: Final = re.compile(r"\w{3,}")
_ENDING: Final = re.compile(r"(?<=\w{3})(ing|ed|es|[sed])$")
_COMMON: Final = frozenset(
    _WORD.findall(
        "the and for are was were has have had did does what where when who which why how you your "
        "that this with from about not but can could would will she her him his they them"
    )
)


class QuotingChatModel(BaseChatModel):
    """Answers the user's last message with the recalled memories that share most words with it.

    Made for demos, examples and tests that must run offline and give the same answer each time.
    It invents nothing: every answer is a quotation, and says that it is one. Tools are ignored.

    Args:
        quotes: memories quoted per answer.
        temperature, top_p, max_tokens: taken like a provider's, so that knobs reach it; only
            `max_tokens` has an effect: the answer has at most that many words.

    Example:
        >>> QuotingChatModel().invoke("Where does Ada live?").content
        'I have no memory that answers this. (Offline model: it only quotes memories.)'
    """

    quotes: int = 2
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None

    @property
    def _llm_type(self) -> str:
        return "resmem-quoting"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The same model: it calls no tools."""
        return self.bind(**{k: v for k, v in kwargs.items() if k != "tool_choice"})

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = " ".join(self._words(messages, kwargs))
        message = AIMessage(text, additional_kwargs=dict(RECALLED))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        words = self._words(messages, kwargs)
        for n, word in enumerate(words):
            piece = word if n == 0 else " " + word
            mark = dict(RECALLED) if n == 0 else {}
            message = AIMessageChunk(content=piece, additional_kwargs=mark)
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                run_manager.on_llm_new_token(piece, chunk=chunk)
            yield chunk

    def _words(self, messages: Sequence[BaseMessage], kwargs: dict[str, Any]) -> list[str]:
        limit = kwargs.get("max_tokens") or self.max_tokens
        return answer(messages, self.quotes).split()[:limit]


def answer(messages: Sequence[BaseMessage], quotes: int) -> str:
    """The quotations that answer the last human message, best first."""
    said = next((m.text for m in reversed(messages) if isinstance(m, HumanMessage)), "")
    asked = said.rpartition(CLOSING)[2]
    notes = "\n".join(m.text for m in messages if m.type == "system")
    found = _MEMORY.findall(f"{notes}\n{said.removesuffix(asked)}")
    words = _words_of(str(asked))
    scored = [(len(words & _words_of(html.unescape(text))), by, on, text) for on, by, text in found]
    best = [s for s in sorted(scored, key=lambda s: -s[0]) if s[0]][:quotes]
    if not best:
        return NOTHING
    said = " ".join(
        f"{html.unescape(by)} said on {on}: “{html.unescape(text)}”" for _, by, on, text in best
    )
    return f"{said} (Offline model: it only quotes memories.)"


def _words_of(text: str) -> set[str]:
    """The words that carry meaning, without endings: "moved" and "move" are one."""
    return {_ENDING.sub("", w) for w in _WORD.findall(text.lower()) if w not in _COMMON}
