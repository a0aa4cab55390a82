"""Every Python block of the LangChain pages runs as it stands there."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs" / "langchain").glob("*.md"))
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_there_is_a_page_for_each_way_in():
    """Each public way in has its page, and each page a block that runs."""
    text = "\n".join(page.read_text() for page in PAGES)
    import resmem_langchain

    assert not [n for n in resmem_langchain.__all__ if n not in text]
    assert all(BLOCK.search(page.read_text()) for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=[p.stem for p in PAGES])
def test_the_page_runs(page, tmp_path, monkeypatch, capsys):
    """The blocks of a page, in order, as one program; a comment `# → x` is what it prints."""
    monkeypatch.chdir(tmp_path)
    code = "\n".join(BLOCK.findall(page.read_text()))
    deprecated = page.stem == "classic"  # LangChain warns of those classes; so does the page
    with warnings.catch_warnings(record=deprecated):
        if deprecated:
            warnings.simplefilter("ignore")
        exec(compile(code, str(page), "exec", dont_inherit=True), {"__name__": "__main__"})

    wanted = re.findall(r"# → (.*)", code)
    assert capsys.readouterr().out.splitlines() == wanted
