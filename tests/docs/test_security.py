"""Each line of the threat model is held by a test that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from benchmarks.command import BENCHES

ROOT = Path(__file__).parents[2]
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "SECURITY.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| asset")
]


@pytest.mark.parametrize("line", LINES, ids=[line[0] for line in LINES])
def test_a_line_names_tests_that_exist(line: list[str]) -> None:
    """An asset, an actor, what is held, and at least one file or folder of tests."""
    _, _, held, named = line
    tests = re.findall(r"`(tests/[\w/.]+)`", named)

    assert held
    assert tests
    assert [name for name in tests if not (ROOT / name).exists()] == []
    assert set(re.findall(r"`resmem bench ([\w-]+)", named)) <= {*BENCHES, "turn"}


@pytest.mark.parametrize("line", LINES, ids=[line[0] for line in LINES])
def test_what_a_line_names_runs(line: list[str]) -> None:
    """Each file, and of a folder one at least, has a test that every run of the tests takes."""
    named = [ROOT / name for name in re.findall(r"`(tests/[\w/.]+)`", line[3])]
    idle = [
        path
        for path in named
        if not any(map(_runs, [path] if path.is_file() else path.glob("test_*.py")))
    ]

    assert idle == []


def _runs(path: Path) -> bool:
    """Whether the file has a test that is neither nightly nor skipped."""
    module = ast.parse(path.read_text("utf-8"))
    idle = re.compile(r"\b(?:nightly|skip)\b")
    marks = [ast.unparse(s) for s in module.body if isinstance(s, ast.Assign | ast.AnnAssign)]
    if any("pytestmark" in mark and idle.search(mark) for mark in marks):
        return False
    if any(re.match(r"Test\w+.*\.TestCase$", mark) for mark in marks):  # a machine of hypothesis
        return True
    tests = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    ]
    return any(not any(idle.search(ast.unparse(d)) for d in t.decorator_list) for t in tests)


def test_the_page_shows_every_line() -> None:
    """The threat model's page has the table of SECURITY.md."""
    assert "{{ threats }}" in (ROOT / "docs/threat-model.md").read_text("utf-8")


def test_there_is_a_threat_model() -> None:
    """What is held, and what is not."""
    assert len(LINES) >= 12
    assert "## What is not protected" in (ROOT / "SECURITY.md").read_text("utf-8")
