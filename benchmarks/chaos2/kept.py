"""Episodes that were played, in a file: what stands there is not played again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos2.episode import Episode, Played
from benchmarks.chaos2.measures import Key
from resmem_core.errors import ConfigError

Job = tuple[str, Key]
"""An entrant's name and one of its episodes."""
PARTS: Final = ("benchmarks/chaos2", "resmem_core", "resmem_langchain", "resmem_llamaindex")
"""Folders whose source decides what an episode is."""


class Kept:
    """A file of episodes, one JSON line each, behind a line that says what they were played with.

    Args:
        path: the file, made where there is none.
        rules: what else decides what an episode is (the loop, the most tasks), as text.

    Raises:
        ConfigError: the file is of other rules or of other code.
    """

    def __init__(self, path: Path, rules: str) -> None:
        self._path = path
        head = {"rules": rules, "code": _code()}
        if path.exists() and path.stat().st_size:
            if _line(path.read_text("utf-8").partition("\n")[0]) != head:
                raise ConfigError(f"{path} holds episodes of other code or rules: name another")
            _close(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(head) + "\n", "utf-8")

    def read(self) -> dict[Job, Episode]:
        """What stands in it; a last line that was cut is left out."""
        lines = self._path.read_text("utf-8").splitlines()[1:]
        return dict(_episodes(lines))

    def add(self, job: Job, episode: Episode) -> None:
        """Write one episode down."""
        row = [*job, [astuple(played) for played in episode.played], episode.recoveries]
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _episodes(lines: list[str]) -> Iterator[tuple[Job, Episode]]:
    for line in lines:
        row = _line(line)
        if row is not None:
            name, key, played, recoveries = row
            tasks = tuple(Played(*values) for values in played)
            yield (name, tuple(key)), Episode(tasks, tuple(recoveries))


def _line(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _close(path: Path) -> None:
    """End a last line that was cut, so that the next begins a line of its own."""
    if not path.read_bytes().endswith(b"\n"):
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")


def _code() -> str:
    """SHA-256 over the source of everything that plays."""
    root = Path(__file__).parents[2]
    digest = sha256()
    for part in PARTS:
        for path in sorted((root / part).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
