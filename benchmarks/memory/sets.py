"""From a name or a path to a set of conversations: formats are told by structure, not by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.memory import languages, locomo, threads
from benchmarks.memory.conversations import Conversation, DataSet, kind_of
from benchmarks.memory.formats import ConvoMem, LongMemEval, TauBench
from resmem_core.errors import InputError, ResmemError, StoreUnavailable

OURS: Final = ("threads", "languages")
"""Names of the sets in the repository, which `--data` takes like paths."""
_READERS: Final[tuple[Any, ...]] = (locomo, LongMemEval, ConvoMem, TauBench)


def open_sets(data: str | Path, *, held_out: bool = False) -> list[DataSet]:
    """The sets of a file, or those of ours by name: "languages" are one each.

    Raises:
        InputError: the file is missing, or in no format that is known.
    """
    if str(data) == "threads":
        return [threads.data_set()]
    if str(data) == "languages":
        return languages.data_sets()
    path = Path(data)
    found = tuple(_read(path))
    return [DataSet(path.name, found, kind_of(found), held_out=held_out)]


def load(path: str | Path, only: Sequence[str] = ()) -> list[Conversation]:
    """The conversations of a file, all or the named ones ("conv-26" or "26").

    Raises:
        InputError: the file is missing, in no format that is known, or holds no such name.
    """
    return chosen(_read(Path(path)), only)


def _read(path: Path) -> list[Conversation]:
    try:
        document = json.loads(path.read_bytes())
        reader = next((each for each in _READERS if each.detects(document)), None)
        found = reader.conversations(path, document) if reader else []
    except (ResmemError, StoreUnavailable, OSError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            f"{path.name} cannot be read as conversations ({type(error).__name__}); give the path "
            "of a copy of locomo10.json, or of LongMemEval, ConvoMem or tau-bench"
        ) from error
    if not found:
        raise InputError(
            f"{path.name} holds no conversation in the format of LoCoMo (locomo10.json), "
            "LongMemEval, ConvoMem or tau-bench"
        )
    return found


def chosen(found: list[Conversation], only: Sequence[str]) -> list[Conversation]:
    """The conversations of these names, or all.

    Raises:
        InputError: there is no such conversation.
    """
    names = {c.name: c for c in found} | {c.name.removeprefix("conv-"): c for c in found}
    for name in only:
        if name not in names:
            raise InputError(f"there is no conversation {name!r:.40} in the file")
    return [names[name] for name in only] if only else found
