"""Every Python block of the README runs as it stands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.langchain.conftest import ProviderServer

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(name: str) -> list[str]:
    return BLOCK.findall((ROOT / name).read_text("utf-8"))


@pytest.mark.filterwarnings(  # LlamaIndex's own chat store is not closed by its users
    "ignore:.*aiosqlite:ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
@pytest.mark.parametrize("number", range(len(blocks("README.md"))))
def test_readme_block_runs(
    number: int, providers: ProviderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pasted as it is, with a provider's own client, Friday's request holds what Monday's said."""
    monkeypatch.chdir(tmp_path)

    exec(compile(blocks("README.md")[number], f"README.md block {number}", "exec"), {})

    monday, friday = (json.dumps(body) for body in providers.bodies)
    assert monday.count("Lisbon") == 1
    assert "Where did I move to?" in friday
    assert "Lisbon" in friday


def test_the_readme_is_short_and_names_the_package() -> None:
    """It fits on two screens, and no line runs the package of another owner."""
    text = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"uvx .*", text)

    assert len(text.splitlines()) < 150
    assert commands
    assert all("--from" in one and "resilient-memory" in one for one in commands)


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


OWN = {
    "forgetting", "correcting", "first-memory", "stores", "classifier", "chaosbench",
    "meaning-offline",
}  # fmt: skip
"""Pages with a test of their own, or with doctests that the pages' subject runs."""

RUN = [
    page.relative_to(ROOT).as_posix()
    for page in sorted((ROOT / "docs").rglob("*.md"))
    if page.parent.name not in ("langchain", "llamaindex") and page.stem not in OWN
    if BLOCK.search(page.read_text("utf-8"))
]


@pytest.mark.parametrize("page", RUN)
def test_a_page_runs_from_top_to_bottom(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its blocks, pasted into one program; a comment `# → x` is what it prints."""
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks(page))

    printed = spawned(code) if "multiprocessing" in code else pasted(code, page, capsys)

    assert printed.splitlines() == re.findall(r"# → (.*)", code)


def pasted(code: str, page: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the program prints, run here."""
    exec(compile(code, page, "exec", dont_inherit=True), {"__name__": "__main__"})
    return capsys.readouterr().out


def spawned(code: str) -> str:
    """What the program prints, run from a file, so that it can start processes of its own."""
    Path("page.py").write_text(code, "utf-8")
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUTF8": "1"}
    command = [sys.executable, "page.py"]
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def test_the_pages_name_files_that_are_there() -> None:
    """A path in a page exists, from the root or from the core."""
    named = {
        name
        for page in (ROOT / "docs").rglob("*.md")
        for name in re.findall(r"`([a-z_0-9]+(?:/[a-z_0-9]+)+\.py)`", page.read_text("utf-8"))
    }

    assert len(named) > 30
    assert [
        n for n in sorted(named)
        if not any((ROOT / top / n).exists() for top in ("", "resmem_core", "benchmarks/chaos"))
    ] == []  # fmt: skip


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
