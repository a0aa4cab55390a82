"""JSONL: a message, or a conversation, per line; read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from resmem_core.errors import InputError
from resmem_core.importers import registry
from resmem_core.importers.files import check_depth
from resmem_core.importers.items import Context, Fault, Found
from resmem_core.importers.shapes import chat

MAX_LINE: Final = 16_000_000
"""Bytes of one line; a longer one is reported and skipped without being held."""


def messages(
    file: BinaryIO, context: Context, shape: registry.Shape | None = None
) -> Iterator[tuple[str, int, Found]]:
    """What each line holds, with the name of its shape and its number from 1."""
    for number, line in _lines(file):
        if line is None:
            yield "jsonl", number, Fault("", f"longer than {MAX_LINE:,} bytes", number)
        elif line.strip():
            yield from _line(number, line, context, shape)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None for one over the limit, which is passed over in pieces."""
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) <= MAX_LINE:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE)
        yield number, None


def _line(
    number: int, line: bytes, context: Context, shape: registry.Shape | None
) -> Iterator[tuple[str, int, Found]]:
    try:
        document = _parsed(line)
        found = shape or registry.recognised(document)
        plain = found is None or (found is chat and "messages" not in document)
        said = chat.message(document) if plain else found.messages(document, context)  # type: ignore[union-attr]
        name = "jsonl" if plain or found is None else found.name
        yield from ((name, number, one) for one in said)
    except InputError as error:
        yield "jsonl", number, Fault("", str(error), number)


def _parsed(line: bytes) -> Any:
    try:
        document = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise InputError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError):
        raise InputError("not JSON that can be read") from None
    if not isinstance(document, dict):
        raise InputError(f"a line must be an object, got {type(document).__name__}")
    check_depth(document, "the line")
    return document
