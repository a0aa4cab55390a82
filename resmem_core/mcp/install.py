"""Write our entry into a harness's settings, take it out again, and lose none of their bytes.

Beside the settings stands a backup of how they were before, and below the memory's folder a note
of what we wrote: as long as nobody else has changed the file since, taking the entry out puts the
very bytes back; after that, the entry alone goes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from resmem_core.errors import InputError
from resmem_core.mcp import harness
from resmem_core.mcp.harness import Entry, Harness

FOLDER: Final = ".resmem"
"""The folder below the home directory that holds the memory and our notes."""

SUFFIX: Final = ".resmem-backup"


@dataclass(frozen=True, slots=True)
class Settings:
    """A harness's settings file in one home directory.

    Attributes:
        file: where they are, a link followed to its end: a linked file stays linked.
        note: where we keep what we wrote.
    """

    kind: Harness
    file: Path
    note: Path

    @classmethod
    def of(cls, name: str, home: Path) -> Settings:
        """The settings of a harness.

        Raises:
            InputError: no such harness, or `home` is no folder.
        """
        kind = harness.harness(name)
        if not home.is_dir():
            raise InputError(f"{home} is no folder; name a home directory with --home")
        file = Path(os.path.realpath(home.joinpath(*kind.path)))
        return cls(kind, file, home / FOLDER / "init" / f"{name}.json")

    @property
    def backup(self) -> Path:
        """The file as it was before we touched it."""
        return self.file.with_name(self.file.name + SUFFIX)


def install(settings: Settings, told: Entry, check: Callable[[Entry], None]) -> bool:
    """Write the entry, and have it checked as it stands there.

    Args:
        check: raises where a server so written down is no use; then nothing is changed.

    Returns:
        Whether the file was changed: False where it said so already.

    Raises:
        InputError: the file is not what the harness reads; nothing was changed.
    """
    before = _bytes(settings.file)
    text = _text(settings, before)
    kind = settings.kind
    with _named(settings):
        if before is not None and harness.found(kind, text) == told:
            check(told)
            return False
        after = _encoded(harness.with_entry(kind, text, told))
    old = _noted(settings)
    kept = old is not None and before is not None and old["wrote"] == _digest(before)
    if not kept:
        ours = harness.found(kind, text) is not None
        _back_up(settings, before if not ours else None)
        old = {"existed": before is not None, "exact": not ours}
    _write(settings.file, after)
    try:
        check(_read_back(settings))
    except BaseException:
        _put_back(settings, before)
        if not kept:
            _tidy(settings)
        raise
    settings.note.parent.mkdir(parents=True, exist_ok=True)
    _write(settings.note, json.dumps({**(old or {}), "wrote": _digest(after)}).encode())
    return True


def remove(settings: Settings) -> bool:
    """Take the entry out; the bytes of before where nobody changed the file since.

    Returns:
        Whether the file is now byte for byte what it was; False where others changed it meanwhile
        and so the entry alone went, or where there was nothing to take out.
    """
    now, note = _bytes(settings.file), _noted(settings)
    if now is None:
        _tidy(settings)
        return False
    exact = note is not None and note["exact"] and note["wrote"] == _digest(now)
    if exact and note is not None:
        _put_back(settings, _bytes(settings.backup) if note["existed"] else None)
    else:
        text = _text(settings, now)
        with _named(settings):
            if harness.found(settings.kind, text) is not None:
                _write(settings.file, _encoded(harness.without_entry(settings.kind, text)))
    _tidy(settings)
    return exact


class _named:
    """Puts the file's name before what is wrong with it."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InputError) and not str(error).startswith(str(self._file)):
            raise InputError(f"{self._file} {error}") from None


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _text(settings: Settings, content: bytes | None) -> str:
    try:
        return (content or b"").decode()
    except UnicodeDecodeError:
        raise InputError(f"{settings.file} is not UTF-8 text; nothing was changed") from None


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InputError("holds half a character, which cannot be written back") from None


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _noted(settings: Settings) -> dict[str, Any] | None:
    """What we wrote down about the file, or None; a note that is damaged is none."""
    try:
        note = json.loads(settings.note.read_bytes())
        return note if {"existed", "exact", "wrote"} <= set(note) else None
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def _read_back(settings: Settings) -> Entry:
    told = harness.found(settings.kind, _text(settings, _bytes(settings.file)))
    if told is None:
        raise InputError(f"{settings.file} does not hold what was written")
    return told


def _back_up(settings: Settings, before: bytes | None) -> None:
    if before is not None:
        shutil.copy2(settings.file, settings.backup)


def _put_back(settings: Settings, before: bytes | None) -> None:
    if before is None:
        settings.file.unlink(missing_ok=True)
        with suppress(OSError):  # the harness's folder stays where it holds something else
            settings.file.parent.rmdir()
    else:
        _write(settings.file, before)


def _write(file: Path, content: bytes) -> None:
    """Replace the file in one step, its permissions kept; another reader sees all or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}.resmem")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if file.exists():
            shutil.copymode(file, beside)
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)


def _tidy(settings: Settings) -> None:
    settings.backup.unlink(missing_ok=True)
    settings.note.unlink(missing_ok=True)
