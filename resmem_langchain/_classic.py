"""`ResmemMemory`: for a `ConversationChain` and other chains of `langchain-classic`.

LangChain deprecates `BaseMemory`, removal in 2.0. New code takes `ResmemMiddleware`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from warnings import catch_warnings, simplefilter

from resmem_core.errors import ConfigError, ResmemError, missing_extra

try:
    with catch_warnings():
        simplefilter("ignore")  # deprecated by LangChain; so says this module's docstring
        from langchain_classic.base_memory import BaseMemory
    from pydantic import ConfigDict, Field, field_validator
except ImportError as error:
    raise missing_extra("classic", "langchain_classic") from error

import asyncio
import logging

from resmem_core import ResilientMemory, Session
from resmem_core.engine.checked import check_memory
from resmem_core.prompt import stated
from resmem_core.types import MAX_TEXT, Hit, Message, Outcome, check_namespace

logger = logging.getLogger(__name__)


class ResmemMemory(BaseMemory):
    """Recalls by the chain's input, and observes its input and output.

    Args:
        memory: where it remembers.
        namespace: whose memory, such as `("acme", "ada")`.
        session_id: the conversation.
        memory_key: the prompt variable that receives what was recalled.
        input_key, output_key: which input and output are the conversation's; needed where the
            chain has more than one.
        k: how many memories; None: the knob.

    Raises:
        NamespaceError: the namespace is missing or malformed.

    Example:
        >>> from resmem_core import ResilientMemory
        >>> engine = ResilientMemory.open(":memory:")
        >>> memory = ResmemMemory(memory=engine, namespace=("acme", "ada"))
        >>> memory.save_context({"input": "I moved to Lisbon in May."}, {"response": "Noted."})
        >>> memory.load_memory_variables({"input": "Where do I live, in Lisbon?"})["history"][:5]
        'user:'
        >>> engine.close()
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: ResilientMemory = Field(exclude=True, repr=False)
    namespace: tuple[str, ...] = Field(default=(), validate_default=True)
    session_id: str = "main"
    memory_key: str = "history"
    input_key: str | None = None
    output_key: str | None = None
    k: int | None = None

    @field_validator("memory", mode="before")
    @classmethod
    def _open(cls, value: Any) -> ResilientMemory:
        return check_memory(value)

    @field_validator("namespace", mode="before")
    @classmethod
    def _named(cls, value: Any) -> tuple[str, ...]:
        return check_namespace(value)

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """False: it holds an open store."""
        return False

    @property
    def memory_variables(self) -> list[str]:
        """The one prompt variable that it fills."""
        return [self.memory_key]

    @property
    def session(self) -> Session:
        """The conversation's control state and memory."""
        return self.memory.session(self.session_id, namespace=self.namespace)

    def load_memory_variables(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """What is remembered about the input; nothing when the memory cannot be read."""
        question = str(self._one(self._own(inputs), self.input_key, "input"))[:MAX_TEXT]
        try:
            hits = self.session.recall(question, k=self.k) if question.strip() else []
        except ResmemError as error:
            logger.warning("recall failed, the chain goes on without: %s", type(error).__name__)
            hits = []
        return {self.memory_key: _lines(hits)}

    def save_context(self, inputs: dict[str, Any], outputs: dict[str, str]) -> None:
        """Observe what was said; the memories that the chain was given are not said again."""
        said = str(self._one(self._own(inputs), self.input_key, "input"))
        answer = str(self._one(outputs, self.output_key, "output"))
        session = self.session
        session.observe(Message("user", said))
        session.observe(Message("assistant", answer))
        session.outcome(Outcome(success=True, answer=answer))

    def clear(self) -> None:
        """Nothing: a chain that starts anew does not erase what a person told it.

        Erase with `ResilientMemory.forget(namespace)`.
        """

    async def aload_memory_variables(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """`load_memory_variables`, off the event loop."""
        return await asyncio.to_thread(self.load_memory_variables, inputs)

    async def asave_context(self, inputs: dict[str, Any], outputs: dict[str, str]) -> None:
        """`save_context`, off the event loop."""
        await asyncio.to_thread(self.save_context, inputs, outputs)

    def _own(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The chain's inputs without what this memory put among them."""
        return {key: value for key, value in inputs.items() if key != self.memory_key}

    def _one(self, values: Mapping[str, Any], key: str | None, what: str) -> Any:
        if key is None and len(values) != 1:
            raise ConfigError(f"name the {what}: {what}_key=…, one of {sorted(values)}")
        return values[key] if key is not None else next(iter(values.values()))


def _lines(hits: Sequence[Hit]) -> str:
    shown = (stated(hit.memory) for hit in hits)
    return "\n".join(f"{m.author or m.role}: {m.text}" for m in shown if m.text)
