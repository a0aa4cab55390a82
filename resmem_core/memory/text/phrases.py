"""Phrases kept as data: files of regular expressions, one a line, that are matched in any case."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any


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
