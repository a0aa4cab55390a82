"""Conversations from other programs, as messages.

Nothing here stores anything: `read` yields messages, reports of what cannot be read and of what is
left out, in the order of the files; `in_order` puts messages in the order in which they were said;
the caller decides. JSONL is streamed line by line; other documents are parsed whole.

Private.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from resmem_core.errors import InputError, ResmemError
from resmem_core.importers import lines, registry
from resmem_core.importers.files import SUFFIXES, Source, parsed, sources
from resmem_core.importers.identity import Names, in_order, split
from resmem_core.importers.items import (
    BadLine,
    Context,
    Fault,
    Found,
    Imported,
    Item,
    LeftOut,
    Said,
)
from resmem_core.importers.report import Report

__all__ = [
    "FORMATS", "BadLine", "Imported", "Item", "LeftOut", "Report", "in_order", "read", "split",
]  # fmt: skip

FORMATS: Final = ("jsonl", *(shape.name for shape in registry.SHAPES))
"""Names that `read` takes as its format."""

_LINES: Final = (".jsonl", ".ndjson")


def read(
    path: str | Path, format: str | None = None, *, date_order: str | None = None
) -> Iterator[Item]:
    """Messages of a file, a folder or a zip; what cannot be used is reported and skipped.

    Args:
        path: where to read.
        format: one of `FORMATS`; recognised from the structure of each document when None.
        date_order: "dmy", "mdy" or "ymd", for texts whose dates do not tell.

    Raises:
        InputError: an unknown format, or a document that has none of the shapes.
        TooLarge: an archive or a document over the limits.
        StoreUnavailable: the path cannot be read.
    """
    if format is not None and format not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}, got {format!r:.40}")
    if date_order not in (None, "dmy", "mdy", "ymd"):
        raise InputError(f"date_order must be dmy, mdy or ymd, got {date_order!r:.20}")
    path = Path(path)
    with sources(path) as found:
        one = len(found) == 1 and found[0].path == path and found[0].archive is None
        names = {} if one else _people(found)
        for source in found:
            context = Context(_folder(source, path), names, date_order)
            yield from _file(source, format, context) if one else _tolerant(source, format, context)


def _folder(source: Source, path: Path) -> str:
    """The folder that a file lies in, by its name."""
    return source.inner.parent.name or (
        source.path.absolute().parent.name if path.is_file() else path.name
    )


def _tolerant(source: Source, format: str | None, context: Context) -> Iterator[Item]:
    """A file among others: what has no known shape is left out, what is broken is reported."""
    if source.inner.suffix.lower() not in SUFFIXES:
        yield LeftOut("file of another kind", file=source.name)
        return
    try:
        yield from _file(source, format, context)
    except UnknownShape:
        yield LeftOut("file of another kind", file=source.name)
    except InputError as error:
        yield BadLine(0, str(error), source.name)


class UnknownShape(InputError):
    """A document of none of the shapes."""


def _file(source: Source, format: str | None, context: Context) -> Iterator[Item]:
    stem = source.inner.stem
    if format == "jsonl" or (source.inner.suffix.lower() in _LINES and format in (None, "jsonl")):
        yield from _of_lines(source, None, context)
    elif source.inner.suffix.lower() in _LINES:
        yield from _of_lines(source, registry.named(str(format)), context)
    else:
        document, shape = _document(source, format)
        names = Names(shape.name, stem)
        for found in shape.messages(document, context):
            yield from _items(found, names, shape.name, source.name)


def _of_lines(source: Source, shape: registry.Shape | None, context: Context) -> Iterator[Item]:
    by_shape: dict[str, Names] = {}
    with source.open() as file:
        for name, number, found in lines.messages(file, context, shape):
            names = by_shape.setdefault(name, Names(name, source.inner.stem))
            yield from _items(found, names, name, source.name, number)


def _document(source: Source, format: str | None) -> tuple[Any, registry.Shape]:
    data = source.whole()
    if source.inner.suffix.lower() == ".txt":
        document: Any = _text(data, source.name)
    else:
        document = parsed(data, source.name)
    shape = registry.named(format) if format else registry.recognised(document)
    if shape is None:
        known = ", ".join(shape.name for shape in registry.SHAPES)
        raise UnknownShape(f"{source.name} has none of the shapes that are known: {known}")
    return document, shape


def _text(data: bytes, name: str) -> str:
    """A text file's text: UTF-8, or UTF-16 where a mark at its start says so.

    Raises:
        InputError: it is in another encoding.
    """
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is no UTF-8 text (byte {error.start}); convert it, for example with "
            "iconv -f WINDOWS-1252 -t UTF-8"
        ) from None


def _items(found: Found, names: Names, shape: str, file: str, line: int = 0) -> Iterator[Item]:
    """What a reader found, with its file."""
    if isinstance(found, Said):
        try:
            yield from names.imported(found)
        except ResmemError as error:
            yield BadLine(line, str(error), file)
    elif isinstance(found, LeftOut):
        yield LeftOut(found.what, shape, file)
    else:
        yield BadLine(line or found.line or _place(found), found.reason, file, found.path)


def _place(fault: Fault) -> int:
    """The place in the document's list, from 1, that a path begins with."""
    digits = fault.path.partition("[")[2].partition("]")[0]
    return int(digits) + 1 if digits.isdigit() else 0


def _people(found: Iterable[Source]) -> Mapping[str, str]:
    """Names of the people in a Slack export's `users.json`, by their ids."""
    users = next((s for s in found if s.inner.name == "users.json"), None)
    if users is None:
        return {}
    try:
        listed = parsed(users.whole(), users.name)
    except InputError:
        return {}
    people = [u for u in listed if isinstance(u, dict)] if isinstance(listed, list) else []
    return {u["id"]: name for u in people if isinstance(u.get("id"), str) and (name := _name(u))}


def _name(user: Mapping[str, Any]) -> str:
    known = [user.get("real_name"), user.get("name")]
    return next((str(name)[:256] for name in known if isinstance(name, str) and name), "")
