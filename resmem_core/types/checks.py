"""Arguments that cannot be used, refused with one typed error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from resmem_core.errors import ConfigError, InputError, InputTypeError, NamespaceError, TooLarge
from resmem_core.types.names import MAX_ID, Namespace


def check_number(name: str, value: Any, lo: float = -math.inf, hi: float = math.inf) -> float:
    """`value` as a float in [lo, hi], or a typed error that says what is allowed.

    >>> check_number("success", 2, 0, 1)
    Traceback (most recent call last):
    resmem_core.errors.InputError: success must be a number from 0 to 1, got 2
    """
    if type(value) is float and lo <= value <= hi and math.isfinite(value):
        return value  # what every tick passes
    if isinstance(value, str | bytes) or not hasattr(value, "__float__"):
        raise InputTypeError(f"{name} must be a number, got {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number) or not lo <= number <= hi:
        raise InputError(f"{name} must be a number from {lo:g} to {hi:g}, got {value!r}")
    return number


def epoch(at: datetime) -> float:
    """Epoch seconds of a time; a naive one is taken as UTC.

    >>> epoch(datetime(1970, 1, 2))
    86400.0
    """
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


_NEEDED: Final = "a namespace is needed: a non-empty tuple of strings such as ('acme', 'ada')"


def check_namespace(namespace: Sequence[str] | None) -> Namespace:
    """The namespace as a tuple of non-empty strings; there is no default and no wildcard.

    >>> check_namespace(("acme", "ada"))
    ('acme', 'ada')
    >>> check_namespace("acme")
    Traceback (most recent call last):
    resmem_core.errors.NamespaceError: a namespace is needed: a non-empty tuple of strings such \
as ('acme', 'ada'), got str
    """
    if not isinstance(namespace, Sequence) or isinstance(namespace, str | bytes | bytearray):
        raise NamespaceError(f"{_NEEDED}, got {type(namespace).__name__}")
    if not namespace:
        raise NamespaceError(f"{_NEEDED}, got none")
    for at, part in enumerate(namespace, start=1):
        if not isinstance(part, str) or not part.strip() or "\x1f" in part or len(part) > 256:
            found = f"{len(part)} characters" if isinstance(part, str) else type(part).__name__
            raise NamespaceError(
                "each part of a namespace must be a non-empty string of at most 256 characters "
                f"without control separators; part {at} is not ({found})"
            )
    return tuple(namespace)


def check_tokens(budget: int, least: int) -> int:
    """A budget of tokens that somebody set: a whole number of at least `least`.

    >>> check_tokens(1_500, 0)
    1500
    """
    if not isinstance(budget, int) or isinstance(budget, bool) or budget < least:
        raise ConfigError(f"token_budget must be a whole number >= {least}, got {budget!r:.40}")
    return budget


def check_id(ident: str, what: str = "an id") -> str:
    """The id, which must be a str of at most 1,024 characters.

    >>> check_id("m1")
    'm1'
    """
    if not isinstance(ident, str):
        raise InputTypeError(f"{what} must be str, got {type(ident).__name__}")
    if len(ident) > MAX_ID:
        raise TooLarge(f"{what} has {len(ident):,} characters; {MAX_ID:,} are allowed")
    return ident


def copied(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the caller's mapping: theirs may change, and a mappingproxy cannot be pickled."""
    return dict(mapping)
