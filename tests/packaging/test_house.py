"""The house is kept: one name for one thing, and files that can be read."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import resmem_langchain
import resmem_llamaindex

ROOT = Path(__file__).parents[2]
PACKAGES = ("resmem_core", "resmem_langchain", "resmem_llamaindex")


def modules() -> list[Path]:
    """Every module of the product."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def test_no_two_classes_have_one_name():
    """Except what both adapters show under the same public name."""
    homes: dict[str, set[str]] = defaultdict(set)
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].add(str(path.relative_to(ROOT)))
    shared = set(resmem_langchain.__all__) & set(resmem_llamaindex.__all__)

    assert not {n: places for n, places in homes.items() if len(places) > 1 and n not in shared}
