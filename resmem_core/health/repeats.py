"""A tool call that fails three times in the same way with the same arguments is not made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from resmem_core.health.failures import Kind

MOST: Final = 3
"""Calls alike that may fail alike."""
REST: Final = 300.0
"""Seconds after which the same call may be tried again."""
HELD: Final = 64
"""Calls that one conversation remembers."""


@dataclass(frozen=True, slots=True)
class Failed:
    """One call's failures: how many, of which class, by which call last, and when."""

    count: int
    kind: Kind
    call: str
    at: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """The failing calls of one conversation, by digest; no argument is kept."""

    calls: Mapping[str, Failed] = field(default_factory=dict)


def digest(tool: str, arguments: Any) -> str:
    """One tool's call with these arguments, in any order.

    >>> digest("f", {"a": 1, "b": 2}) == digest("f", {"b": 2, "a": 1})
    True
    """
    said = json.dumps([tool, arguments], sort_keys=True, default=repr)
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=12).hexdigest()


def stopped(repeats: Repeats, key: str, now: float) -> Failed | None:
    """The failures for which this call is not to be made, or None."""
    held = repeats.calls.get(key)
    if held is None or held.count < MOST or not 0 <= now - held.at <= REST:
        return None
    return held


def failed(repeats: Repeats, key: str, kind: Kind, now: float, *, call: str = "") -> Repeats:
    """The call failed.

    Args:
        call: the call's id: trying one call again, as a retry does, counts once.
    """
    held = repeats.calls.get(key)
    if held is not None and call and held.call == call and held.kind is kind:
        return repeats
    alike = held is not None and held.kind is kind and 0 <= now - held.at <= REST
    count = held.count + 1 if alike and held is not None else 1
    calls = {k: v for k, v in repeats.calls.items() if k != key}
    while len(calls) >= HELD:
        calls.pop(next(iter(calls)))
    return replace(repeats, calls={**calls, key: Failed(count, kind, call, now)})


def succeeded(repeats: Repeats, key: str) -> Repeats:
    """The call went well: it is a failing one no more."""
    if key not in repeats.calls:
        return repeats
    return replace(repeats, calls={k: v for k, v in repeats.calls.items() if k != key})
