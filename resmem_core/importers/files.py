"""Files to read: one, those of a folder, those in a zip; within limits that no bomb passes."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final

from resmem_core.errors import InputError, StoreUnavailable, TooLarge

MAX_FILES: Final = 20_000
"""Files of one folder or archive."""

MAX_BYTES: Final = 1 << 30
"""Uncompressed bytes of one archive."""

MAX_WHOLE: Final = 1 << 28
"""Bytes of one document that is parsed whole: its objects take several times that in memory."""

MAX_RATIO: Final = 200
"""How many times its packed size an archive's entry may be, where it is larger than `SMALL`."""

SMALL: Final = 1 << 24
"""Bytes."""

MAX_VALUES: Final = 20_000_000
"""Commas and opening brackets of one JSON document, which bound its objects."""

MAX_DEPTH: Final = 200
"""Levels that a JSON document may be nested."""

SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".txt")


@dataclass(frozen=True, slots=True)
class Source:
    """One file, or one entry of an archive.

    Attributes:
        name: as it is shown: the path inside its folder or archive, or the file's name.
        archive: the zip it lies in.
    """

    name: str
    path: Path
    archive: zipfile.ZipFile | None = None

    @property
    def inner(self) -> PurePosixPath:
        """Name, suffix and folder of the file."""
        return PurePosixPath(self.name)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes, uncompressed.

        Raises:
            StoreUnavailable: they cannot be read. InputError: the archive is damaged or locked.
        """
        try:
            if self.archive is None:
                with self.path.open("rb") as file:
                    yield file
            else:
                with self.archive.open(self.name) as entry:
                    yield io.BufferedReader(entry)  # type: ignore[type-var]
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise InputError(f"{self.name} cannot be unpacked; the archive is damaged") from error
        except RuntimeError as error:
            raise InputError(f"{self.name} is encrypted; unpack it first") from error
        except OSError as error:
            raise StoreUnavailable(f"cannot read {self.name}: {error.strerror}") from error

    def whole(self) -> bytes:
        """All of it.

        Raises:
            TooLarge: more than a document may have.
        """
        most = min(MAX_WHOLE, MAX_BYTES)
        if self._size() <= most:
            with self.open() as file:
                data = file.read(most + 1)  # what it says may be wrong
            if len(data) <= most:
                return data
        raise TooLarge(f"{self.name} has more than {most:,} bytes; split it, or give JSON lines")

    def _size(self) -> int:
        """Bytes that it says it has, before any is read."""
        if self.archive is not None:
            return self.archive.getinfo(self.name).file_size
        try:
            return self.path.stat().st_size
        except OSError:
            return 0  # opening it says why


@contextmanager
def sources(path: Path) -> Iterator[list[Source]]:
    """The files that a path stands for, by name; those of a zip stay open meanwhile.

    Raises:
        StoreUnavailable: the path cannot be read. TooLarge: too many files, or too large ones.
        InputError: the archive is damaged.
    """
    if path.is_dir():
        yield _of_folder(path)
    elif path.suffix.lower() == ".zip":
        with _archive(path) as archive:
            yield _of_archive(path, archive)
    else:
        yield [Source(path.name, path)]


def _of_folder(path: Path) -> list[Source]:
    found = []
    for file in path.rglob("*"):
        if file.is_file() and not file.is_symlink() and not _hidden(file.relative_to(path).parts):
            found.append(Source(file.relative_to(path).as_posix(), file))
            _check_count(len(found))
    return sorted(found, key=lambda source: source.name)


def _hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _check_count(count: int) -> None:
    if count > MAX_FILES:
        raise TooLarge(f"more than {MAX_FILES:,} files; import them in parts")


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise InputError(f"{path.name} is no zip archive, or a damaged one") from error
    except OSError as error:
        raise StoreUnavailable(f"cannot read {path}: {error.strerror}") from error
    with archive:
        yield archive


def _of_archive(path: Path, archive: zipfile.ZipFile) -> list[Source]:
    """The entries, once what they claim to unpack to is within the limit."""
    entries = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not _hidden(PurePosixPath(info.filename).parts)
    ]
    _check_count(len(entries))
    read = [info for info in entries if _readable(info.filename)]
    if sum(info.file_size for info in read) > MAX_BYTES:
        raise TooLarge(f"{path.name} unpacks to more than {MAX_BYTES:,} bytes; import it in parts")
    for info in read:
        if info.file_size > max(SMALL, MAX_RATIO * info.compress_size):
            raise TooLarge(
                f"{info.filename} in {path.name} unpacks to over {MAX_RATIO} times its size, as no "
                "export does; unpack it and look at it first"
            )
    return sorted((Source(info.filename, path, archive) for info in entries), key=lambda s: s.name)


def _readable(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def parsed(data: bytes, name: str) -> Any:
    """A JSON document.

    Raises:
        TooLarge: it holds too many values. InputError: it is none, or is nested too deep.
    """
    if sum(data.count(sign) for sign in (b",", b"[", b"{")) > MAX_VALUES:
        raise TooLarge(f"{name} has more than {MAX_VALUES:,} values; split it, or give JSON lines")
    try:
        document = json.loads(data)
    except RecursionError as error:
        raise InputError(f"{name} is nested more than {MAX_DEPTH} levels") from error
    except ValueError as error:
        raise InputError(
            f"{name} is not one JSON document; a file with one message per line "
            "should end in .jsonl"
        ) from error
    check_depth(document, name)
    return document


def check_depth(document: Any, name: str) -> None:
    """Refuse what is nested deeper than `MAX_DEPTH`.

    Raises:
        InputError: it is.
    """
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
    raise InputError(f"{name} is nested more than {MAX_DEPTH} levels")
