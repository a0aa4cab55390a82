"""What each signal brings: recall@10 with it, minus recall@10 without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from resmem_core.config.recall import RecallWeights

WITHOUT: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "words": {"words": 0.0},
        "related": {"related": 0.0},
        "compounds": {"compounds": 0.0},
        "forms": {"forms": 0.0},
        "context": {"context": 0.0},
        "passage": {"passage": 0.0},
        "dense": {"dense": 0.0},
        "late": {"late": 0.0},
        "meaning": {"meaning": 0.0},
        "neighbours": {"previous": 0.0, "next": 0.0, "previous2": 0.0, "next2": 0.0, "answer": 0.0},
        "answer": {"answer": 0.0},
        "beside": {"beside": 0.0, "beside2": 0.0, "reply": 0.0},
        "reply": {"reply": 0.0},
        "neighbours two away": {"previous2": 0.0, "next2": 0.0},
        "episode": {"episode": 0.0},
        "several": {"several": 1.0},
        "sharpness": {"sharp_words": 1.0, "sharp_dense": 1.0},
        "speaker": {"speaker": 0.0, "others": 1.0},
        "others": {"others": 1.0},
        "date": {"date": 0.0},
        "when": {"when": 0.0},
        "asks": {"asks": 0.0},
        "first_person": {"first_person": 0.0},
        "user": {"user": 0.0},
        "length": {"length": 0.0},
        "image": {"image": 0.0},
        "linked": {"linked": 0.0},
        "recency": {"recency": 0.0},
        "value": {"value": 0.0},
        "credit": {"credit": 0.0},
        "congruence": {"congruence": 0.0},
    }
)
"""Signal → the weights that switch it off."""


def variants(weights: RecallWeights) -> dict[str, RecallWeights]:
    """The weights with each signal switched off, by the signal's name."""
    return {name: replace(weights, **off) for name, off in WITHOUT.items()}


_CONTENT: Final = ("words", "meaning", "dense")
"""Signals that can rank by themselves."""


def alone(weights: RecallWeights) -> dict[str, RecallWeights]:
    """The weights with each signal of content by itself: what the sum must not be worse than."""
    none = {name: 0.0 for off in WITHOUT.values() for name in off if off[name] == 0.0}
    off = RecallWeights(**{**none, "k1": weights.k1, "b": weights.b, "others": 1.0})
    return {name: replace(off, **{name: 1.0}) for name in _CONTENT}
