"""The notebooks run from top to bottom, and print what stands in them."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def told(cell: dict[str, Any]) -> str:
    return "".join("".join(output["text"]) for output in cell["outputs"])


def test_there_are_two() -> None:
    """One of the memory, one of the controller."""
    assert [path.stem for path in NOTEBOOKS] == ["first-memory", "outage"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_stands_in_it(path: Path) -> None:
    """Cell by cell, in one namespace, as a reader runs it."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    scope: dict[str, object] = {"__name__": "__main__"}
    printed = []
    for number, cell in enumerate(code):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile("".join(cell["source"]), f"{path.name}[{number}]", "exec"), scope)
        printed.append(out.getvalue())

    assert len(code) > 5
    assert printed == [told(cell) for cell in code]
