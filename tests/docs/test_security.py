"""Each line of the threat model is held by a test that is there."""

from __future__ import annotations

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


def test_there_is_a_threat_model() -> None:
    """What is held, and what is not."""
    assert len(LINES) >= 12
    assert "## What is not protected" in (ROOT / "SECURITY.md").read_text("utf-8")
