"""Where each provider's LlamaIndex class keeps the settings that the knobs move."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeAlias

from llama_index.core.base.llms.base import BaseLLM

from resmem_core.control.authority import Change
from resmem_core.control.terms import Spent, Terms, adjusted
from resmem_core.engine.loop.story import Sent
from resmem_core.providers import NAMES, SAMPLING, setting

Places: TypeAlias = Mapping[str, str | None]
"""Knob → a field's name, "additional_kwargs.KEY", or None for a knob that must not change."""

PROVIDERS: Final[Mapping[str, Places]] = {
    # Ollama ignores sampling arguments of the call: its options come from these two alone.
    "Ollama_llm": {
        "temperature": "temperature",
        "top_p": "additional_kwargs.top_p",
        "max_tokens": "additional_kwargs.num_predict",
    },
    "openai_llm": {
        "temperature": "temperature",
        "top_p": "additional_kwargs.top_p",
        "max_tokens": "max_tokens",
    },
}
"""The classes whose requests were recorded in tests. Others: only fields of the knob's own name."""

DEAF: Final = frozenset({"Ollama_llm"})
"""Classes that ignore sampling arguments of a call."""

UNLIMITED: Final = frozenset({"Ollama_llm"})
"""Classes of providers that end a long answer at the context's end and refuse no limit."""

REASONING: Final[Places] = {"temperature": None, "top_p": None}
"""Models with fixed sampling refuse a request that names these."""


@dataclass(frozen=True, slots=True)
class Update:
    """What to change in a copy of the model, and the call's arguments that remain.

    Attributes:
        sent: what the session changes of the user's settings.
    """

    fields: dict[str, Any]
    call: dict[str, Any]
    sent: tuple[Sent, ...] = ()


def places_of(llm: BaseLLM, given: Places | None = None) -> Places:
    """The places of this model's settings; `given` overrides the table, knob by knob."""
    known = PROVIDERS.get(llm.class_name(), {name: name for name in SAMPLING})
    fixed = REASONING if _fixed_sampling(type(llm), getattr(llm, "model", None)) else {}
    return {**known, **fixed, **(given or {})}


@lru_cache(maxsize=128)
def _fixed_sampling(kind: type[BaseLLM], model: str | None) -> bool:
    """Whether the integration itself lists the model among those with fixed sampling."""
    modules = (sys.modules.get(cls.__module__) for cls in kind.__mro__)
    return any(model in getattr(module, "O1_MODELS", ()) for module in modules)


def update_for(
    llm: BaseLLM,
    call: Mapping[str, Any],
    places: Places,
    change: Change,
    terms: Terms,
    *,
    spent: Spent | None = None,
    given: Mapping[str, Any] | None = None,
) -> Update:
    """The user's settings with the change that the session asks for, where the provider reads them.

    Args:
        llm: the model that will be copied.
        call: keyword arguments of the call; what the user names there is the base.
        places: from `places_of`.
        change, terms, spent: as for `resmem_core.control.terms.adjusted`.
        given: settings that the user's own function made for this call, by knob.
    """
    found = {name: _read(llm, name, place, call) for name, place in places.items() if place}
    own = {name: at for name, at in found.items() if at is not None}
    base = {name: setting(at[1]) for name, at in own.items()}
    limit = math.inf if llm.class_name() in UNLIMITED else None
    moved = adjusted(base, change, terms, limit=limit, spent=spent)
    theirs = {n: v for n, v in (given or {}).items() if n not in call}
    new = {n: v for n, v in {**theirs, **moved}.items() if n in own}
    placed = _placed(llm, call, {own[name][0]: value for name, value in new.items()})
    sent = tuple(Sent(name, base[name], value) for name, value in moved.items() if name in own)
    return replace(placed, sent=sent)


def _read(llm: BaseLLM, name: str, place: str, call: Mapping[str, Any]) -> tuple[str, Any] | None:
    """Where the provider reads a setting and what stands there; None where it has no such place.

    What stands in `additional_kwargs` goes over the field, and both over what OpenAI's class is
    given in the call for `max_tokens`.
    """
    field, _, key = place.partition(".")
    if field not in type(llm).model_fields:
        return None
    extra = getattr(llm, "additional_kwargs", None) or {}
    over = next((k for k in NAMES[name] if k in extra), "")
    if over:
        return f"additional_kwargs.{over}", extra[over]
    own = None if key else getattr(llm, field)
    if name in call and llm.class_name() not in DEAF and (name != "max_tokens" or own is None):
        return f"call.{name}", call[name]
    return place, own


def _placed(llm: BaseLLM, call: Mapping[str, Any], values: Mapping[str, Any]) -> Update:
    fields: dict[str, Any] = {}
    rest = dict(call)
    extra: dict[str, Any] = {}
    for place, value in values.items():
        head, _, key = place.partition(".")
        if head == "call":
            rest[key] = value
        elif key:
            extra[key] = value
        else:
            fields[head] = value
    if extra:
        fields["additional_kwargs"] = {**(getattr(llm, "additional_kwargs", None) or {}), **extra}
    return Update(fields, rest)
