"""The check that the scalar settings share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from numbers import Integral, Real
from typing import Any

from resmem_core.errors import ConfigError


def check_fields(settings: Any, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Check the dataclass's fields of those names; one whose default is an int must be whole.

    Raises:
        ConfigError: a field is no number, or out of its range.
    """
    defaults = {field.name: field.default for field in fields(settings)}
    for name, (lo, hi) in ranges.items():
        check_setting(name, getattr(settings, name), lo, hi, whole=isinstance(defaults[name], int))


def check_setting(name: str, value: Any, lo: float, hi: float, *, whole: bool = False) -> None:
    """Raise ConfigError unless `value` is a number (whole where asked) in [lo, hi].

    >>> check_setting("floor", 2, 0, 1)
    Traceback (most recent call last):
    resmem_core.errors.ConfigError: floor must be from 0 to 1, got 2
    """
    fits = isinstance(value, Integral if whole else Real) and not isinstance(value, bool)
    if not fits:
        wanted = "an integer" if whole else "a number"
        raise ConfigError(f"{name} must be {wanted}, got {type(value).__name__}")
    if not lo <= value <= hi:
        raise ConfigError(f"{name} must be from {lo:g} to {hi:g}, got {value}")
