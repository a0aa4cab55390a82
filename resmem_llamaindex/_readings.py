"""What LlamaIndex's responses and nodes say, as numbers. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from llama_index.core.schema import NodeWithScore

_INPUT: Final = ("prompt_tokens", "input_tokens", "prompt_token_count", "prompt_eval_count")
_OUTPUT: Final = ("completion_tokens", "output_tokens", "candidates_token_count", "eval_count")
_REASONS: Final = ("finish_reason", "done_reason", "stop_reason")
_CUT: Final = frozenset({"length", "max_tokens", "MAX_TOKENS"})

_MARK: Final = "__resmem_counted__"
_DEPTH: Final = 8


def tokens_of(response: Any) -> int:
    """Tokens that a chat or completion response cost, 0 when it does not say.

    Providers put the counts in the raw answer's `usage`, in the raw answer itself, or in the
    response's `additional_kwargs`.
    """
    raw = getattr(response, "raw", None)
    for place in (_get(raw, "usage"), raw, getattr(response, "additional_kwargs", None)):
        if place:
            count = _first(place, _INPUT) + _first(place, _OUTPUT)
            if count:
                return count
    return 0


def _first(place: Any, names: Sequence[str]) -> int:
    for name in names:
        count = _get(place, name)
        if type(count) is int and count > 0:
            return count
    return 0


def _get(place: Any, name: str) -> Any:
    return place.get(name) if isinstance(place, dict) else getattr(place, name, None)


def truncated(response: Any) -> bool | None:
    """Whether the answer hit its token limit; None when the response does not say."""
    raw = getattr(response, "raw", None)
    choices = _get(raw, "choices")
    place = choices[0] if isinstance(choices, Sequence) and choices else raw
    for name in _REASONS if place else ():
        reason = _get(place, name)
        if reason:
            return str(getattr(reason, "value", reason)) in _CUT
    return None


def similarity_of(nodes: Sequence[NodeWithScore]) -> float | None:
    """The best score, or None when no node has one."""
    return max((node.score for node in nodes if node.score is not None), default=None)


def first_sight(error: BaseException) -> bool:
    """Whether this error is seen for the first time; marks it, so that it is counted once.

    One failure passes through many nested spans, sometimes wrapped (`raise … from error`).

    >>> error = ValueError()
    >>> first_sight(error), first_sight(error)
    (True, False)
    """
    cause: BaseException | None = error
    known = False
    for _ in range(_DEPTH):
        if cause is None:
            break
        known = known or hasattr(cause, _MARK)
        cause = cause.__cause__
    with suppress(AttributeError):  # an exception without a __dict__ is counted per span
        setattr(error, _MARK, True)
    return not known
