"""The session's changes in a request, put where each provider reads its settings.

A setting of the user may stand in the call, in Ollama's table of options, in a field of the model
or in its `model_kwargs`. It is read from where the provider would read it and replaced there, on a
copy of the model where it is a field. While nothing changes, model and settings are returned as
they came, so that the request is the one that would be made without us.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from langchain_core.globals import get_llm_cache
from langchain_core.runnables import RunnableBinding

from resmem_core.control.authority import Change
from resmem_core.control.terms import FLOOR, Spent, Terms, adjusted
from resmem_core.engine.loop.story import Sent
from resmem_core.providers import NAMES, number, setting
from resmem_langchain._model.made import MadeOf

ModelT = TypeVar("ModelT")

REASONING: Final = 4096
"""Room for the reasoning of models that always reason (they take no temperature)."""


class Copies:
    """Copies of models with some fields changed; a copy that was made before is used again.

    LangChain dumps a model once, for traces and as part of its LLM cache's key. Where there is
    such a cache, a copy is dumped anew, so that it is not taken for the original; otherwise the
    original's dump serves, because it costs more than the copy. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._made = MadeOf()

    def of(self, model: Any, update: Mapping[str, Any]) -> Any:
        """A copy of the model with these fields; it shares the model's HTTP client."""
        cached = is_cached(model)
        if not cached:
            getattr(model, "_serialized", None)  # made once, and carried into every copy
        return self._made.get(model, lambda: _copy(model, update, cached), cached, repr(update))


def _copy(model: Any, update: Mapping[str, Any], cached: bool) -> Any:
    copied = model.model_copy(update=update)
    if cached:
        vars(copied).pop("_serialized", None)
    return copied


def is_cached(model: Any) -> bool:
    """Whether LangChain may answer from an LLM cache in the model's place."""
    own = getattr(model, "cache", None)
    return bool(own) if own is not None else get_llm_cache() is not None


@dataclass(frozen=True, slots=True)
class ParameterPlace:
    """Where the provider reads one setting, and what the user set there (None: nothing)."""

    kind: Literal["call", "options", "field", "model_kwargs"]
    key: str
    value: float | None


def fitted(
    model: ModelT,
    settings: Mapping[str, Any],
    change: Change,
    terms: Terms,
    *,
    spent: Spent | None = None,
    copies: Copies | None = None,
) -> tuple[ModelT, dict[str, Any]]:
    """A model and call settings that carry the change of the user's own settings.

    Args:
        model: any chat model, or a binding of one; it is not changed.
        settings: what the user set for this call.
        change: what the session asks for.
        terms: what the user allows.
        spent: what the conversation has cost, for a budget.
        copies: copies made before, to be used again.

    Returns:
        The model (a copy that shares the HTTP client, where a field changed) and the settings;
        both as they came while nothing changes.
    """
    if isinstance(model, RunnableBinding):
        bound = {**model.kwargs, **settings}
        inner, made = fitted(model.bound, bound, change, terms, spent=spent, copies=copies)
        new = {k: v for k, v in made.items() if k not in bound or v is not bound[k]}
        if inner is model.bound:
            return model, {**settings, **new}
        return model.model_copy(update={"bound": inner}), {**settings, **new}
    places, moved = _moved(model, settings, change, terms, spent)
    return _put(model, dict(settings), {places[n]: v for n, v in moved.items()}, copies)


def changes(
    model: Any,
    settings: Mapping[str, Any],
    change: Change,
    terms: Terms,
    *,
    spent: Spent | None = None,
) -> tuple[Sent, ...]:
    """What `fitted` changes: each setting as the user set it and as it is sent."""
    if isinstance(model, RunnableBinding):
        bound = {**model.kwargs, **settings}
        return changes(model.bound, bound, change, terms, spent=spent)
    places, moved = _moved(model, settings, change, terms, spent)
    return tuple(Sent(name, places[name].value, value) for name, value in moved.items())


def _moved(
    model: Any, settings: Mapping[str, Any], change: Change, terms: Terms, spent: Spent | None
) -> tuple[dict[str, ParameterPlace], dict[str, float]]:
    """Where each setting stands, and the new values of those that change."""
    places = _places(model, settings, terms)
    base = {name: place.value for name, place in places.items()}
    room = room_to_think(model, settings)
    moved = adjusted(base, change, terms, limit=_limit(model), spent=spent, floor=FLOOR + room)
    return places, {name: value for name, value in moved.items() if name in places}


def _put(
    model: Any,
    settings: dict[str, Any],
    moved: Mapping[ParameterPlace, float],
    copies: Copies | None,
) -> tuple[Any, dict[str, Any]]:
    """The values at their places."""
    fields: dict[str, Any] = {}
    for place, value in moved.items():
        if place.kind == "call":
            settings[place.key] = value
        elif place.kind == "options":
            settings["options"] = {**settings["options"], place.key: value}
        elif place.kind == "field":
            fields[place.key] = value
        else:
            held = fields.get("model_kwargs", model.model_kwargs)
            fields["model_kwargs"] = {**held, place.key: value}
    return ((copies or Copies()).of(model, fields) if fields else model), settings


def _places(model: Any, settings: Mapping[str, Any], terms: Terms) -> dict[str, ParameterPlace]:
    """Where each setting that may change stands."""
    fixed = ("temperature", "top_p") if _fixed_sampling(model, settings) else ()
    found = {name: _place(name, model, settings) for name in terms.tune if name not in fixed}
    return {name: place for name, place in found.items() if place is not None}


def _place(name: str, model: Any, settings: Mapping[str, Any]) -> ParameterPlace | None:
    """Where the provider reads this setting; None where the user wrote it into the raw request."""
    names = NAMES[name]
    for raw in (settings.get("extra_body"), getattr(model, "extra_body", None)):
        if isinstance(raw, Mapping) and any(key in raw for key in names):
            return None
    options = settings.get("options")
    if isinstance(options, Mapping):  # Ollama's: they replace every field of the model
        key = next((key for key in names if key in options), _option(name))
        return ParameterPlace("options", key, setting(options.get(key)))
    key = next((key for key in names if key in settings), "")
    if key:
        return ParameterPlace("call", key, setting(settings[key]))
    fields = getattr(type(model), "model_fields", {})
    more = (model.model_kwargs if "model_kwargs" in fields else None) or {}
    key = next((key for key in names if key in more), "")
    if key:
        return ParameterPlace("model_kwargs", key, setting(more[key]))
    key = next((key for key in names if key in fields), "")
    return (
        ParameterPlace("field", key, setting(getattr(model, key)))
        if key
        else ParameterPlace("call", name, None)
    )


def _option(name: str) -> str:
    return "num_predict" if name == "max_tokens" else name


def _limit(model: Any) -> float | None:
    """Tokens that the model can answer with, where it is known."""
    if getattr(model, "_llm_type", "") == "chat-ollama":
        return math.inf
    return number((getattr(model, "profile", None) or {}).get("max_output_tokens"))


def room_to_think(model: Any, settings: Mapping[str, Any]) -> int:
    """Tokens that a cap must leave for reasoning, because providers count them as output."""
    thinking = _thinking(model, settings)
    if thinking:
        return int(thinking.get("budget_tokens", REASONING))
    return REASONING if _fixed_sampling(model, settings) else 0


def _fixed_sampling(model: Any, settings: Mapping[str, Any]) -> bool:
    """Whether the provider refuses another temperature than its own."""
    profile = getattr(model, "profile", None) or {}
    return profile.get("temperature") is False or bool(_thinking(model, settings))


def _thinking(model: Any, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Anthropic's extended thinking where it is on: it fixes the sampling."""
    thinking = settings.get("thinking", getattr(model, "thinking", None))
    on = isinstance(thinking, Mapping) and thinking.get("type") in ("enabled", "adaptive")
    return thinking if on else {}
