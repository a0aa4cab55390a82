"""Author, ids, metadata: what stands beside a text is cleaned, redacted and screened like it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from resmem_core.memory.privacy import screen
from resmem_core.memory.privacy.aliases import alias
from resmem_core.memory.privacy.credentials import PASSWORD_KEY
from resmem_core.memory.privacy.directives import label_orders, orders, unreported
from resmem_core.memory.privacy.evidence import plain
from resmem_core.memory.privacy.phones import ANNOUNCED
from resmem_core.protocols import Redactor
from resmem_core.types import MAX_TEXT, Message, Trust

SUSPICIOUS: Final = 0.65
"""Injection score from which text that no user wrote is quarantined."""

_DEEPEST: Final = 32
"""Levels of metadata that are looked into; what is deeper no store takes."""


def suspicious(text: str) -> bool:
    """Whether a text that no user wrote gives orders to a model."""
    return screen.injection_score(unreported(text)) >= SUSPICIOUS or orders(text)


def of_another(message: Message) -> bool:
    """Whether another machine, which gives its name, says more than what can be read and stated."""
    named = message.role == "assistant" and message.author not in (None, "", "assistant", "ai")
    return named and not plain(message.text)


def ordering(message: Message, session: str) -> bool:
    """Whether a name or the metadata gives orders, which nobody has to do there."""
    names = filter(None, (message.author, message.id, session))
    labels = (*names, *_strings(message.metadata))
    return any(_gives_orders(_UUID.sub(" ", label)) for label in labels)


_UUID: Final = re.compile(r"(?<!\w)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?!\w)")
"""What machines name messages by; it says nothing, and what stands beside it is often the same."""


@lru_cache(maxsize=512)
def _gives_orders(label: str) -> bool:
    """Three letters give no order, so that most ids are looked at no further."""
    if sum(map(str.isalpha, label)) < _FEWEST:
        return False
    return screen.injection_score(label) >= SUSPICIOUS or label_orders(label)


_FEWEST: Final = 4


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts in a JSON value; of a mapping, each key with what it names as well."""
    if isinstance(value, str):
        yield value
    elif depth <= _DEEPEST and isinstance(value, Mapping):
        for key, inner in value.items():
            yield f"{key}: {inner}" if isinstance(inner, str) else str(key)
            yield from _strings(inner, depth + 1)
    elif depth <= _DEEPEST and isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner, depth + 1)


def redacted(message: Message, redactor: Redactor, trust: Trust | None) -> Message:
    """The message without its text; author and metadata, keys too, cleaned and redacted like it."""
    author = _safe(message.author, redactor) if message.author else None
    metadata = _safe(dict(message.metadata), redactor)
    ident = alias(message.id, redactor) if message.id else None
    return Message(message.role, "", author, ident, message.at, message.kind, trust, metadata)


def _safe(value: Any, redactor: Redactor, depth: int = 0) -> Any:
    """A JSON value with each of its texts cleaned and redacted."""
    if isinstance(value, str):
        return redactor.redact(screen.clean(value).text).text
    if depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        return _safe_mapping(value, redactor, depth)
    if isinstance(value, list | tuple):
        return [_safe(inner, redactor, depth + 1) for inner in value]
    return value


def _safe_mapping(mapping: Mapping[Any, Any], redactor: Redactor, depth: int) -> dict[Any, Any]:
    """With each key and value; keys that become the same are numbered, so that no value is lost."""
    safe: dict[Any, Any] = {}
    for key, inner in mapping.items():
        shown = _safe(key, redactor)
        number = 1
        while (name := shown if number == 1 else f"{shown} {number}") in safe:
            number += 1
        flat = isinstance(inner, str | int) and not isinstance(inner, bool)
        safe[name] = _named(key, inner, redactor) if flat else _safe(inner, redactor, depth + 1)
    return safe


def _named(key: Any, value: str | int, redactor: Redactor) -> Any:
    """The value of a key, read with it: a key that says "password" or "phone" tells what it is.

    A number stays one unless its key or a checksum says otherwise.
    """
    if PASSWORD_KEY.fullmatch(str(key)) and str(value).strip():
        return "[SECRET]"
    before = f"{key}: "
    if len(before) + len(str(value)) > MAX_TEXT:
        return _safe(value, redactor)
    read = redactor.redact(screen.clean(f"{before}{value}").text)
    told = read.text.removeprefix(before) if read.text.startswith(before) else None
    if isinstance(value, str):
        return _safe(value if told is None else told, redactor)
    kinds = {found.kind for found in read.found}
    return value if told is None or (kinds <= {"PHONE"} and not ANNOUNCED.search(before)) else told
