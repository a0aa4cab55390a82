"""The example and every Python block of the pages run as they stand, offline."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "llamaindex").glob("*.md"))
EXAMPLE = ROOT / "examples" / "swap_llamaindex_retriever.py"

pytestmark = pytest.mark.usefixtures("chat_stores")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_s_code_runs(page, tmp_path, monkeypatch):
    """Each page has a block, and it runs in an empty folder."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)

    assert len(blocks) == 1
    exec(compile(blocks[0], page.name, "exec"), {"__name__": "__page__"})


def test_the_pages_of_all_ways_in_are_listed():
    """The index links every page."""
    index = (ROOT / "docs" / "llamaindex" / "index.md").read_text()

    assert [p.name for p in PAGES if p.stem != "index" and f"({p.name})" not in index] == []


def test_the_example_answers_each_user_from_their_own_memory(capsys):
    """At most 40 lines; Ada gets Lisbon, Bob gets Oslo."""
    runpy.run_path(str(EXAMPLE), run_name="__main__")

    ada, _, bob, _ = capsys.readouterr().out.splitlines()
    assert "Lisbon" in ada
    assert "Oslo" in bob
    assert len(EXAMPLE.read_text().splitlines()) <= 40
