"""Answers that came, and are of no use: cut where nothing can be made of them, or empty."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias

from resmem_core.providers import ended_well, was_cut

Useless: TypeAlias = Literal["cut", "blank"]

FENCE: Final = "```"
_JSON: Final = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*(?:[\[{\"\]]|-?[\d.]+\s*,)|\{\s*$|\[\s*$)")
"""How a JSON object or array begins; a footnote's "[1] See" does not."""


def useless(text: str, reasons: Iterable[Any], *, calls: bool, broken: bool) -> Useless | None:
    """Whether nothing can be made of an answer.

    Words that were cut are of use; a cut JSON value or block of code is not, nor is a tool call in
    an answer that was cut, which may lack arguments. A blank answer is one that the provider says
    is whole.

    Args:
        text: of the answer. reasons: where the provider may say why it ended.
        calls: it holds tool calls that parse. broken: one that does not.

    >>> useless('{"done": tr', [{"finish_reason": "length"}], calls=False, broken=False)
    'cut'
    >>> useless("There are three", [{"finish_reason": "length"}], calls=False, broken=False)
    >>> useless(" ", [{"stop_reason": "end_turn"}], calls=False, broken=False)
    'blank'
    """
    places = list(reasons)
    if was_cut(*places):
        nothing = calls or broken or not text.strip() or _open(text)
        return "cut" if nothing else None
    blank = not (calls or broken or text.strip())
    return "blank" if blank and ended_well(*places) else None


def _open(text: str) -> bool:
    """Whether a text ends inside a block of code or a JSON value."""
    if text.count(FENCE) % 2:
        return True
    if not _JSON.match(text):
        return False
    try:
        json.JSONDecoder().raw_decode(text.strip())
    except ValueError:
        return True
    return False
