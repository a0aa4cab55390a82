"""Where each provider's LlamaIndex class keeps the settings that the knobs move."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from llama_index.core.base.llms.base import BaseLLM

Places: TypeAlias = Mapping[str, str | None]
"""Knob → a field's name, "additional_kwargs.KEY", or None for a knob that must not be sent."""

SAMPLING: Final = ("temperature", "top_p", "max_tokens")

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

REASONING: Final[Places] = {"temperature": None, "top_p": None}
"""Models with fixed sampling refuse a request that names these."""


@dataclass(frozen=True, slots=True)
class Update:
    """What to change in a copy of the model, and the call's arguments that remain."""

    fields: dict[str, Any]
    call: dict[str, Any]


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
    llm: BaseLLM, knobs: Mapping[str, Any], call: Mapping[str, Any], places: Places
) -> Update:
    """Put the knobs where the provider reads them.

    A sampling argument that the caller names in the call wins over the knob, and reaches also the
    providers that ignore call arguments. `max_tokens` never exceeds a limit the user has set.

    Args:
        llm: the model that will be copied.
        knobs: values by knob name; unknown names are ignored.
        call: keyword arguments of the call.
        places: from `places_of`.
    """
    fields: dict[str, Any] = {}
    rest = dict(call)
    extra = dict(getattr(llm, "additional_kwargs", None) or {})
    for knob, place in places.items():
        field, _, key = (place or "").partition(".")
        if field not in type(llm).model_fields:
            continue
        if knob in rest:
            value = rest.pop(knob)
        elif knob in knobs:
            present = extra.get(key) if key else getattr(llm, field)
            value = _capped(knob, knobs[knob], present)
        else:
            continue
        if key:
            extra[key] = value
        else:
            fields[field] = value
    if "additional_kwargs" in type(llm).model_fields:
        fields["additional_kwargs"] = extra
    return Update(fields, rest)


def _capped(knob: str, value: Any, present: Any) -> Any:
    limited = knob == "max_tokens" and isinstance(present, int) and present > 0
    return min(value, present) if limited else value
