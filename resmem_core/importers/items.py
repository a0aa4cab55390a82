"""What a reader yields, and how one entry of a file becomes it or a report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from resmem_core.errors import InputError, ResmemError
from resmem_core.types import Message


@dataclass(frozen=True, slots=True)
class Imported:
    """A message and where it stood.

    Attributes:
        message: with an id that is the same each time the file is read.
        session: the conversation thread it belongs to.
        conversation: which of several independent data sets in one file; "" where there is one.
    """

    message: Message
    session: str
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    """Something that was skipped: its line (JSONL) or place in the list (JSON), from 1, and why."""

    line: int
    reason: str


Item: TypeAlias = Imported | BadLine


def guarded(number: int, parse: Callable[..., Imported], *args: Any) -> Item:
    """The parsed message, or why there is none; reasons never quote the text."""
    try:
        return parse(*args)
    except ResmemError as error:
        return BadLine(number, str(error))
    except UnicodeDecodeError:
        return BadLine(number, "not UTF-8")
    except json.JSONDecodeError as error:
        return BadLine(number, f"not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError):
        return BadLine(number, "not JSON that can be read")


def word(fields: Mapping[str, Any], name: str) -> str | None:
    """A short field that may be a string or a whole number."""
    value = fields.get(name)
    if value is None or (isinstance(value, str) and len(value) <= 256):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InputError(f"{name} must be a string of at most 256 characters")


def moment(value: Any) -> datetime | None:
    """ISO 8601 text (kept naive if it is) or epoch seconds (UTC)."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise InputError("at must be an ISO 8601 date and time, or epoch seconds")
