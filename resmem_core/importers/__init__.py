"""Real conversations from files: LoCoMo JSON, JSONL of messages, a ChatGPT data export.

Nothing here stores anything: `read` yields `Imported` messages and `BadLine` reports in file order,
and the caller decides. A JSONL file is streamed line by line; the two JSON formats are one document
each and are parsed whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from resmem_core.errors import InputError, StoreUnavailable
from resmem_core.importers import chatgpt, jsonl, locomo
from resmem_core.importers.items import BadLine, Imported, Item

__all__ = ["BadLine", "Format", "Imported", "Item", "read"]

Format: TypeAlias = Literal["locomo", "jsonl", "chatgpt"]

_READERS: Final[dict[Format, Callable[[Iterable[Any]], Iterator[Item]]]] = {
    "locomo": locomo.messages,
    "chatgpt": chatgpt.messages,
}
"""By format of a JSON document."""


def read(path: str | Path, format: Format | None = None) -> Iterator[Item]:
    """Messages of a file, in order; what cannot be used is reported and skipped.

    Args:
        path: the file.
        format: "locomo", "jsonl" or "chatgpt"; recognised from name and content when None.

    Raises:
        InputError: an unknown format, or JSON that is none of them.
        StoreUnavailable: the file cannot be read.
    """
    if format not in (None, "locomo", "jsonl", "chatgpt"):
        raise InputError(f"format must be locomo, jsonl or chatgpt, got {format!r:.40}")
    path = Path(path)
    try:
        if format == "jsonl" or (format is None and path.suffix in (".jsonl", ".ndjson")):
            with path.open("rb") as file:
                yield from jsonl.messages(file, path.stem)
        else:
            yield from _json(path, format)
    except OSError as error:
        raise StoreUnavailable(f"cannot read {path}: {error.strerror}") from error


def _json(path: Path, format: Format | None) -> Iterator[Item]:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name} is not one JSON document; a file with one message per line "
            "should end in .jsonl"
        ) from error
    items = document if isinstance(document, list) else [document]
    yield from _READERS[format or _recognise(items, path.name)](items)


def _recognise(items: list[Any], name: str) -> Format:
    for item in items:
        if isinstance(item, Mapping) and "mapping" in item:
            return "chatgpt"
        if isinstance(item, Mapping) and "conversation" in item:
            return "locomo"
    raise InputError(
        f"{name} is neither LoCoMo (a list with 'conversation') nor a ChatGPT export "
        "(conversations.json, a list with 'mapping'); messages one per line go in a .jsonl"
    )
