"""The docs site builds strict, works without a network, and lists its pages for a model."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.nightly
def test_the_site_builds_strict_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Every page is in the navigation, no link is dead, and the search needs no network."""
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    pages = [*tmp_path.rglob("*.html")]
    tag = re.compile(r'<(?:script|link)[^>]+(?:src|href)="(https?://[^"]+)"')
    loaded = [url for page in pages for url in tag.findall(page.read_text("utf-8"))]

    assert done.returncode == 0, done.stderr
    assert len(pages) > 60
    assert loaded == []
    assert "first-memory.html" in (tmp_path / "llms.txt").read_text("utf-8")


def test_every_page_has_its_place_in_the_navigation() -> None:
    """No page is written and then not found."""
    told = (ROOT / "mkdocs.yml").read_text("utf-8")
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]

    assert [page for page in pages if page not in told] == []
