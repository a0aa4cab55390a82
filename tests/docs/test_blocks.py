"""Every Python block of the README runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(name: str) -> list[str]:
    return BLOCK.findall((ROOT / name).read_text("utf-8"))


@pytest.mark.parametrize("number", range(len(blocks("README.md"))))
def test_readme_block_runs(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the README shows is what a newcomer can paste."""
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {"__name__": "readme"}

    exec(compile(blocks("README.md")[number], f"README.md block {number}", "exec"), scope)

    memory = scope["memory"]
    assert memory.location == ":memory:"  # type: ignore[attr-defined]
    memory.close()  # type: ignore[attr-defined]


def test_the_page_on_forgetting_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """What its block says that it prints is what it prints."""
    exec(compile(blocks("docs/forgetting.md")[0], "docs/forgetting.md", "exec"), {})

    assert capsys.readouterr().out == "2\ndrop says again what was forgotten; allow() lifts that\n"


def test_the_page_on_correcting_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """What its block says that it prints is what it prints."""
    exec(compile(blocks("docs/correcting.md")[0], "docs/correcting.md", "exec"), {})

    assert capsys.readouterr().out == ("['said', 'edited']\n['The kiln fires at 1240 degrees.']\n")


def test_the_tutorial_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer who pastes block after block sees what the comments say."""
    scope: dict[str, object] = {}
    for number, block in enumerate(blocks("docs/tutorial/first-memory.md")):
        exec(compile(block, f"first-memory.md block {number}", "exec"), scope)
    printed = capsys.readouterr().out.splitlines()

    assert printed[:2] == ["keep", "I moved to Lisbon in May."]
    assert printed[3:] == [
        "calm: every request is sent as you set it, and every call is made",
        "['I moved to Lisbon in May.', 'I moved to Porto in May.']",
        "1",
        "[]",
    ]


def test_the_page_on_stores_shows_a_suite_that_passes(tmp_path: Path) -> None:
    """What it says that a store's author writes is a test file that pytest runs."""
    (tmp_path / "test_mine.py").write_text(blocks("docs/stores.md")[-1], "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]

    done = subprocess.run(
        [*command, "-k", "walls or closed"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "2 passed" in done.stdout, done.stdout


def test_the_page_on_architecture_names_files_that_are_there() -> None:
    """What its tables and lists point at exists: a module, a C file or a folder."""
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*\.(?:py|c|h)|[a-z_]+/)`", page))

    assert len(named) > 8
    assert not [
        n for n in named if not ((ROOT / n).exists() or (ROOT / "resmem_core" / n).exists())
    ]


def test_the_page_on_architecture_names_every_package() -> None:
    """From the tree alone a stranger finds what a folder is for."""
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    packages = [path.parent.name for path in (ROOT / "resmem_core").glob("*/__init__.py")]

    assert [name for name in packages if f"{name}/" not in page] == []


def test_every_linked_page_exists() -> None:
    """No link of the README or of a page in docs/ leads nowhere."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    missing = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]

    assert missing == []
