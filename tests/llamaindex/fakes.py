"""Small stand-ins: a session that only has knobs, and a model that says what it was given."""

import re
from itertools import chain, repeat
from zlib import crc32

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.generic_utils import (
    achat_to_completion_decorator,
    chat_to_completion_decorator,
)
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    LLMMetadata,
    ToolCallBlock,
)
from llama_index.core.llms.callbacks import llm_chat_callback
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from pydantic import Field, PrivateAttr

from resmem_core.control.authority import Change
from resmem_core.control.terms import Spent
from resmem_core.types import Message, Signal


def user(text):
    """What a user says."""
    return ChatMessage(role="user", content=text)


def assistant(text):
    """What a model says."""
    return ChatMessage(role="assistant", content=text)


def look(city: str) -> str:
    """Look a city up."""
    return f"{city} is sunny"


def cooler(by):
    """A session's wish for a temperature that much below the user's."""
    return Change(temperature=-by)


class Ticking:
    """A session whose ticks ask for the listed changes in turn, then the last one for ever."""

    def __init__(self, *changes):
        self._changes = chain(changes, repeat(changes[-1]))
        self.ticks = 0
        self.spent = Spent()

    def begin_call(self):
        self.ticks += 1
        self.change = next(self._changes)


class Scripted(FunctionCallingLLM):
    """Answers with the script's messages in turn, then "done"; remembers its settings per call.

    A script entry is a text, a list of (tool, arguments), or an exception to raise.
    """

    temperature: float = 0.0
    max_tokens: int | None = None
    additional_kwargs: dict = Field(default_factory=dict)

    _script: list = PrivateAttr(default_factory=list)
    _calls: list = PrivateAttr(default_factory=list)

    def __init__(self, *script, **kwargs):
        super().__init__(**kwargs)
        self._script = list(script)

    @property
    def metadata(self):
        return LLMMetadata(is_function_calling_model=True, is_chat_model=True)

    def _prepare_chat_with_tools(self, tools, user_msg=None, chat_history=None, **kwargs):
        said = [ChatMessage(role="user", content=user_msg)] if user_msg else []
        return {"messages": [*(chat_history or []), *said], "tools": tools}

    def get_tool_calls_from_response(self, response, error_on_no_tool_call=True, **kwargs):
        calls = [b for b in response.message.blocks if isinstance(b, ToolCallBlock)]
        return [
            ToolSelection(tool_id=c.tool_call_id, tool_name=c.tool_name, tool_kwargs=c.tool_kwargs)
            for c in calls
        ]

    def complete(self, prompt, formatted=False, **kwargs):
        return chat_to_completion_decorator(self.chat)(prompt, **kwargs)

    async def acomplete(self, prompt, formatted=False, **kwargs):
        return await achat_to_completion_decorator(self.achat)(prompt, **kwargs)

    def stream_complete(self, prompt, formatted=False, **kwargs):
        raise NotImplementedError

    async def astream_complete(self, prompt, formatted=False, **kwargs):
        raise NotImplementedError

    @property
    def temperatures(self):
        return [call["temperature"] for call in self._calls]

    @property
    def seen(self):
        return [call["messages"] for call in self._calls]

    def _say(self, messages):
        self._calls.append({"temperature": self.temperature, "messages": list(messages)})
        said = self._script.pop(0) if self._script else "done"
        if isinstance(said, BaseException):
            raise said
        if isinstance(said, str):
            return ChatMessage(role="assistant", content=said)
        blocks = [
            ToolCallBlock(tool_call_id=f"c{i}", tool_name=name, tool_kwargs=args)
            for i, (name, args) in enumerate(said)
        ]
        return ChatMessage(role="assistant", blocks=blocks)

    @llm_chat_callback()
    def chat(self, messages, **kwargs):
        return ChatResponse(message=self._say(messages))

    @llm_chat_callback()
    async def achat(self, messages, **kwargs):
        return ChatResponse(message=self._say(messages))

    @llm_chat_callback()
    def stream_chat(self, messages, **kwargs):
        message = self._say(messages)
        return (ChatResponse(message=message, delta=message.content or "") for _ in range(1))

    @llm_chat_callback()
    async def astream_chat(self, messages, **kwargs):
        message = self._say(messages)

        async def gen():
            yield ChatResponse(message=message, delta=message.content or "")

        return gen()


class WordEmbedding(BaseEmbedding):
    """Counts words in 64 buckets: similar texts have similar vectors, no model needed."""

    def _vector(self, text):
        vector = [0.0] * 64
        for word in re.findall(r"\w+", text.lower()):
            vector[crc32(word.encode()) % 64] += 1.0
        return vector

    def _get_text_embedding(self, text):
        return self._vector(text)

    def _get_query_embedding(self, query):
        return self._vector(query)

    async def _aget_query_embedding(self, query):
        return self._vector(query)


def tell(session, *texts):
    """The user says these."""
    for text in texts:
        session.observe(Message(role="user", text=text))


def ask(retriever, query):
    """Ids of the retrieved nodes, best first."""
    return [node.node_id for node in retriever.retrieve(query)]


class Hearing:
    """A session that only collects signals."""

    def __init__(self):
        self.signals = []
        self.tokens = 0

    def signal(self, *signals):
        self.signals += signals

    def spend(self, tokens, seconds):
        self.tokens += tokens

    def reading(self, name, value, *, source=""):
        self.signals.append(Signal(name, value))

    def values(self, name):
        return [signal.value for signal in self.signals if signal.name == name]

    def count(self, name, value):
        return self.values(name).count(value)
