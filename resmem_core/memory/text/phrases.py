"""Phrases kept as data: files of regular expressions, one a line, that are matched in any case."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from resmem_core.memory.text.needles import Choice


def load(name: str) -> dict[str, Any]:
    """A file of `resmem_core/data`, such as "standing.toml"."""
    return tomllib.loads(files("resmem_core").joinpath("data", name).read_text("utf-8"))


def either(lines: str) -> str:
    """One expression that matches where one of the lines does.

    >>> either("a b\\nc")
    '(?:a b|c)'
    """
    return rf"(?:{'|'.join(lines.strip().splitlines())})"


def compiled(lines: str) -> re.Pattern[str]:
    """The same, ready to match."""
    return re.compile(either(lines), re.I)


class Topics:
    """Topics, each with the words in small letters that show it, of which few are tried on a text.

    >>> Topics(["tea|coffee", "rain\\nsnow"]).bits("Snow, and no tea")
    3
    """

    def __init__(self, topics: Iterable[str]) -> None:
        lines = [
            (bit, line) for bit, text in enumerate(topics) for line in text.strip().split("\n")
        ]
        self._bits = [1 << bit for bit, _ in lines]
        self._patterns = [re.compile(line) for _, line in lines]
        self._choice = Choice(self._patterns)

    def bits(self, text: str) -> int:
        """Which topics a text shows, a bit each."""
        said, found = text.replace("’", "'").lower(), 0
        for at in self._choice.possible(said):
            if not found & self._bits[at] and self._patterns[at].search(said):
                found |= self._bits[at]
        return found
