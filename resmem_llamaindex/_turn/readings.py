"""What LlamaIndex's responses and nodes say, as numbers. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from llama_index.core.schema import NodeWithScore

from resmem_core.providers import read, tokens_in, was_cut

_MARK: Final = "__resmem_counted__"
_DEPTH: Final = 8


def tokens_of(response: Any) -> int:
    """Tokens that a chat or completion response cost, 0 when it does not say.

    Providers put the counts in the raw answer's `usage`, in the raw answer itself, or in the
    response's `additional_kwargs`.
    """
    raw = getattr(response, "raw", None)
    places = (read(raw, "usage"), raw, getattr(response, "additional_kwargs", None))
    return next((count for place in places if (count := tokens_in(place))), 0)


def truncated(response: Any) -> bool | None:
    """Whether the answer hit its token limit; None when the response does not say."""
    return was_cut(getattr(response, "raw", None))


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
