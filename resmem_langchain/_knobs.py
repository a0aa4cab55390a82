"""From knobs to what each provider accepts.

`model_settings` and call keywords are not enough: Ollama's client refuses unknown keywords,
OpenAI's Responses API ignores `max_tokens` as a keyword, and some models refuse `temperature`.
So a knob goes to the model's own field where it has one (on a copy), and to the settings
otherwise; what the caller set for the call stays as it is.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from threading import Lock
from typing import Any, Final, TypeVar

from langchain_core.globals import get_llm_cache
from langchain_core.runnables import RunnableBinding

from resmem_core.errors import ConfigError
from resmem_core.types import Knobs

ModelT = TypeVar("ModelT")

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "max_tokens": ("max_tokens", "num_predict", "max_output_tokens"),
}
"""For each sampling knob, the names under which models carry it."""

REASONING: Final = 4096
"""Room for the reasoning of models that always reason (they take no temperature)."""

SAMPLING: Final = tuple(FIELDS)
"""The knobs that reach the provider; the others steer recall and tools."""


def check_tune(tune: Sequence[str]) -> tuple[str, ...]:
    """The sampling knobs to apply, or a ConfigError naming those that exist."""
    unknown = sorted(set(tune) - set(SAMPLING))
    if unknown:
        raise ConfigError(f"tune takes knobs among {SAMPLING}, got {unknown}")
    return tuple(tune)


def sampling(knobs: Knobs, tune: Sequence[str] = SAMPLING) -> dict[str, Any]:
    """The knobs of the next call that concern the provider."""
    return {name: getattr(knobs, name) for name in tune}


class Copies:
    """Copies of models with some fields changed; a copy that was made before is used again.

    LangChain dumps a model once, for traces and as part of its LLM cache's key. Where there is
    such a cache, a copy is dumped anew, so that it is not taken for the original; otherwise the
    original's dump serves, because it costs more than the copy. Safe to share between threads.
    """

    def __init__(self, size: int = 32) -> None:
        self._size = size
        self._made: OrderedDict[Hashable, tuple[Any, Any]] = OrderedDict()
        self._lock = Lock()

    def of(self, model: Any, update: Mapping[str, Any]) -> Any:
        """A copy of the model with these fields; it shares the model's HTTP client."""
        cached = is_cached(model)
        if not cached:
            getattr(model, "_serialized", None)  # made once, and carried into every copy
        # Who changes the model afterwards gets a new copy. What the ids stand for is kept with
        # the copy, so that no id is given away again while it is in a key.
        made_of = (model, *vars(model).values())
        key = (cached, *map(id, made_of), *update.items())
        with self._lock:
            found = self._made.get(key)
            if found is None:
                found = self._made[key] = (made_of, _copy(model, update, cached))
                if len(self._made) > self._size:
                    self._made.popitem(last=False)
            return found[1]


def _copy(model: Any, update: Mapping[str, Any], cached: bool) -> Any:
    copied = model.model_copy(update=update)
    if cached:
        vars(copied).pop("_serialized", None)
    return copied


def is_cached(model: Any) -> bool:
    """Whether LangChain may answer from an LLM cache in the model's place."""
    own = getattr(model, "cache", None)
    return bool(own) if own is not None else get_llm_cache() is not None


def fitted(
    model: ModelT,
    settings: Mapping[str, Any],
    wanted: Mapping[str, Any],
    copies: Copies | None = None,
) -> tuple[ModelT, dict[str, Any]]:
    """A model and call settings that carry the wanted knobs in the way the provider takes them.

    Args:
        model: any chat model; it is not changed.
        settings: what the caller set for this call; it wins.
        wanted: knob values by the names in `FIELDS`.
        copies: copies made before, to be used again.

    Returns:
        The model (a copy that shares the HTTP client, where a field changed) and the settings.
    """
    if isinstance(model, RunnableBinding):
        return _inside(model, settings, wanted, copies)
    fields = getattr(type(model), "model_fields", {})
    update: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in _accepted(model, settings, wanted).items():
        field = next((f for f in FIELDS[name] if f in fields), None)
        if field is None:
            rest[name] = value
        else:
            update[field] = _within(name, value, getattr(model, field))
    if update:
        model = (copies or Copies()).of(model, update)
    return model, {**rest, **settings}


def _inside(
    binding: Any, settings: Mapping[str, Any], wanted: Mapping[str, Any], copies: Copies | None
) -> tuple[Any, dict[str, Any]]:
    """A binding around the fitted model; what is bound wins, as what is passed does."""
    model, kwargs = fitted(binding.bound, {**binding.kwargs, **settings}, wanted, copies)
    added = {key: value for key, value in kwargs.items() if key not in binding.kwargs}
    return binding.model_copy(update={"bound": model}), {**added, **settings}


def _accepted(model: Any, settings: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted knobs that the caller left open and the model takes."""
    profile = getattr(model, "profile", None) or {}
    keep = {
        name: value
        for name, value in wanted.items()
        if value is not None and not any(f in settings for f in (name, *FIELDS[name]))
    }
    if profile.get("temperature") is False or _thinks(model):
        keep.pop("temperature", None)
        keep.pop("top_p", None)
    if getattr(model, "_llm_type", "") == "anthropic-chat" and "temperature" in keep:
        keep["temperature"] = min(keep["temperature"], 1.0)
        keep.pop("top_p", None)  # newer Claude models take one of the two, not both
    if "max_tokens" in keep:
        limit = profile.get("max_output_tokens") or math.inf
        keep["max_tokens"] = min(keep["max_tokens"] + room_to_think(model), limit)
    return keep


def room_to_think(model: Any) -> int:
    """Tokens that a cap must leave for reasoning, because providers count them as output."""
    thinking = getattr(model, "thinking", None)
    if _thinks(model) and isinstance(thinking, Mapping):
        return int(thinking.get("budget_tokens", REASONING))
    profile = getattr(model, "profile", None) or {}
    return REASONING if profile.get("temperature") is False else 0


def _thinks(model: Any) -> bool:
    """Whether Anthropic's extended thinking is on; it fixes the sampling."""
    thinking = getattr(model, "thinking", None)
    return isinstance(thinking, Mapping) and thinking.get("type") in ("enabled", "adaptive")


def _within(name: str, value: Any, own: Any) -> Any:
    """A cap may be tightened, never widened over the one that the model was made with."""
    if name == "max_tokens" and isinstance(own, int) and own > 0:
        return min(value, own)
    return value
