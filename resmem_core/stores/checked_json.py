"""What JSON can carry exactly, checked before it is written."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from resmem_core.errors import InputError, InputTypeError

MAX_DEPTH: Final = 16
"""Levels that a JSON value may be nested."""

_PLAIN: Final = (str, int, bool)
_LISTS: Final = (list, tuple)


def check_json(value: Any, depth: int = MAX_DEPTH) -> None:
    """Refuse what JSON cannot carry exactly: a set, NaN, a key that is no string, a cycle.

    Raises:
        InputTypeError: a type that JSON does not have.
        InputError: NaN or infinity, or nested deeper than 16 levels (a cycle is).

    >>> check_json({"a": [1, 2.5, None]})
    >>> check_json({1: "a"})
    Traceback (most recent call last):
    resmem_core.errors.InputTypeError: keys of a JSON object must be str, got int
    """
    if value is None or isinstance(value, _PLAIN):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError("a JSON number must be finite, got NaN or infinity")
        return
    if depth == 0:
        raise InputError(f"a JSON value may be nested {MAX_DEPTH} levels; flatten it")
    if isinstance(value, dict):
        if not {str}.issuperset(map(type, value)):
            _check_keys(value)
        _check_items(value.values(), depth - 1)
    elif isinstance(value, _LISTS):
        _check_items(value, depth - 1)
    else:
        raise InputTypeError(f"JSON has no {type(value).__name__}; use str, number, list or dict")


def _check_items(items: Iterable[Any], depth: int) -> None:
    for item in items:
        kind = type(item)
        if kind not in _PLAIN and not (kind is float and math.isfinite(item)):
            check_json(item, depth)


def _check_keys(keys: Iterable[Any]) -> None:
    for key in keys:
        if not isinstance(key, str):
            raise InputTypeError(f"keys of a JSON object must be str, got {type(key).__name__}")
