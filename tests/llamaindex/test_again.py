"""Answers of which nothing can be made are asked for again, as in LangChain, by one core."""

from __future__ import annotations

import pytest
from llama_index.core.llms import ChatMessage, ChatResponse
from pydantic import PrivateAttr

from resmem_core import ResilientMemory
from resmem_llamaindex import TunedLLM

from .fakes import Scripted

NAMESPACE = ("acme", "ada")
HELLO = [ChatMessage(role="user", content="hi")]
RANGES = {"max_tokens": (1, 1_000)}
LENGTH, STOP = {"finish_reason": "length"}, {"finish_reason": "stop"}


class Cutting(Scripted):
    """Answers with the given texts and reasons to stop; notes what it was asked with."""

    max_tokens: int | None = 100
    _asked: list = PrivateAttr(default_factory=list)
    _left: list = PrivateAttr(default_factory=list)

    def chat(self, messages, **kwargs):
        self._asked.append(kwargs.get("max_tokens", self.max_tokens))
        text, raw = self._left.pop(0)
        return ChatResponse(message=ChatMessage(role="assistant", content=text), raw=raw)

    async def achat(self, messages, **kwargs):
        return self.chat(messages, **kwargs)


@pytest.fixture(params=["sync", "async"])
def ask(request):
    """Asks a model once; what it was asked with, and what it said."""

    async def made(*script, **options):
        model = Cutting()
        model._left.extend(script)
        with ResilientMemory.open(":memory:") as memory:
            session = memory.session("t1", namespace=NAMESPACE)
            llm = TunedLLM(model, session, **{"ranges": RANGES, **options})
            answer = llm.chat(HELLO) if request.param == "sync" else await llm.achat(HELLO)
            acts = [act.what for act in session.acts]
        return model._asked, answer.message.content, acts

    return made


async def test_a_cut_answer_comes_whole(ask):
    """With twice the room, and four times where that was not enough."""
    asked, text, acts = await ask(('{"a', LENGTH), ('{"ab', LENGTH), ("{}", STOP))

    assert (asked, text, acts) == ([100, 200, 400], "{}", ["again", "again"])


async def test_an_empty_answer_is_asked_for_again(ask):
    """As it was."""
    asked, text, _ = await ask(("", STOP), ("Here.", STOP))

    assert (asked, text) == ([100, 100], "Here.")


@pytest.mark.parametrize(
    ("first", "options"),
    [
        (("There are three", LENGTH), {}),
        (('{"a', LENGTH), {"ranges": None}),
        (('{"a', LENGTH), {"tune": ("temperature",), "ranges": None}),
        (('{"a', LENGTH), {"retry": False}),
        (('{"a', STOP), {}),
        (("", {}), {}),
    ],
)
async def test_otherwise_the_answer_stands(ask, first, options):
    """Words, no room that we may give or know of, retries switched off, and what was not cut."""
    asked, text, acts = await ask(first, **options)

    assert (asked, text, acts) == ([100], first[0], [])
