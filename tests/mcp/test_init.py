"""`resmem init`: an entry in a harness's settings, tried, and taken out without a trace."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resmem_core import ResilientMemory
from resmem_core.cli import main
from resmem_core.errors import ConfigError
from resmem_core.mcp import canary, install
from resmem_core.mcp.harness import HARNESSES, entry

Run = Callable[..., tuple[int, str, str]]

BEFORE = {
    "claude-code": '{"numStartups": 4, "mcpServers": {"other": {"command": "x"}}, "é": "ü"}',
    "codex": '# mine\nmodel = "m"\n\n[mcp_servers.other]\ncommand = "x"  # keep',
    "cursor": '{\r\n\t"mcpServers": {}\r\n}\r\n',
    "vscode": '\ufeff{\n    "inputs": [],\n    "servers": {}\n}',
    "gemini": "",
    "windsurf": '{"mcpServers":{"a":{"command":"b","args":["c"],"env":{"K":"V"}}}}',
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `resmem init …`; exit code, stdout, stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["resmem", "init", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out = capsys.readouterr()
        return int(left.value.code or 0), out.out, out.err

    return call


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A canary that does not start a process, where the settings alone are looked at."""
    monkeypatch.setattr(canary, "sing", lambda told, db: 0.0)


def file_of(home: Path, name: str) -> Path:
    return home.joinpath(*HARNESSES[name].path)


def placed(home: Path, name: str, content: bytes) -> Path:
    file = file_of(home, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def servers(home: Path, name: str) -> Any:
    text, kind = file_of(home, name).read_text("utf-8-sig"), HARNESSES[name]
    return (tomllib.loads if kind.form == "toml" else json.loads)(text)[kind.table]


def test_into_an_empty_home_a_canary_is_recalled(run: Run, tmp_path: Path) -> None:
    """The server that was written down was started, told something, and recalled it."""
    code, out, _ = run("claude-code", "--home", str(tmp_path), "--json")
    told = json.loads(out)
    mine = servers(tmp_path, "claude-code")["resmem"]

    assert (code, told["canary"], told["changed"]) == (0, "recalled", True)
    assert mine["type"] == "stdio"
    assert [mine["command"], *mine["args"]] == canary.command(told["db"], told["namespace"])
    with ResilientMemory.open(told["db"]) as memory:
        assert memory.store.namespaces() == []  # the canary flew


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", list(HARNESSES))
@pytest.mark.parametrize("there", [True, False])
def test_the_bytes_of_before_come_back(run: Run, tmp_path: Path, name: str, there: bool) -> None:
    """What else is in the settings stays, a second run changes nothing, --remove undoes all."""
    before = BEFORE[name].encode()
    if there:
        placed(tmp_path, name, before)
    code, out, err = run(name, "--home", str(tmp_path), "--json")
    once = file_of(tmp_path, name).read_bytes()
    again = json.loads(run(name, "--home", str(tmp_path), "--json")[1])

    assert (code, err) == (0, "")
    assert (again["changed"], file_of(tmp_path, name).read_bytes()) == (False, once)
    assert "resmem" in servers(tmp_path, name)
    assert there is (json.loads(out)["backup"] is not None)
    if there:
        assert Path(json.loads(out)["backup"]).read_bytes() == before
    assert run(name, "--home", str(tmp_path), "--remove")[0] == 0
    assert file_of(tmp_path, name).exists() is there
    assert not there or file_of(tmp_path, name).read_bytes() == before
    assert not list(tmp_path.rglob("*backup*"))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["claude-code", "codex", "vscode"])
def test_other_servers_stay(run: Run, tmp_path: Path, name: str) -> None:
    """What a person had, and what they add later, survives init and --remove."""
    file = placed(tmp_path, name, BEFORE[name].encode())
    run(name, "--home", str(tmp_path))
    text = file.read_bytes().decode()
    if name == "codex":
        assert text.startswith(BEFORE[name])
        file.write_bytes((text + '[mcp_servers.later]\ncommand = "y"\n').encode())
    else:
        doc = json.loads(text.removeprefix("\ufeff"))
        doc[HARNESSES[name].table]["later"] = {"command": "y"}
        file.write_bytes(json.dumps(doc).encode())
    run(name, "--home", str(tmp_path), "--db", str(tmp_path / "other.db"))
    run(name, "--home", str(tmp_path), "--remove")

    assert "later" in servers(tmp_path, name)
    assert "resmem" not in servers(tmp_path, name)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("claude-code", b"{not json"),
        ("claude-code", b"[1, 2]"),
        ("claude-code", b"null"),
        ("cursor", b'{"mcpServers": ["a list"]}'),
        ("vscode", b'{\n  // a comment\n  "servers": {}\n}'),
        ("gemini", b'{"a": 1,}'),
        ("windsurf", b"\xff\xfe{\x00}\x00"),
        ("claude-code", b"[" * 100_000),
        ("codex", b"model = "),
        ("codex", b'mcp_servers = { other = { command = "x" } }'),
        ("codex", b'[mcp_servers.resmem]\ncommand = "by hand"\n'),
        ("codex", b"mcp_servers = 3"),
    ],
)
def test_settings_that_cannot_be_read_are_left_alone(
    run: Run, tmp_path: Path, name: str, content: bytes
) -> None:
    """A clear word names the file, and no byte and no other file changed."""
    file = placed(tmp_path, name, content)
    code, _, err = run(name, "--home", str(tmp_path))

    assert code == 2
    assert file.name in "".join(err.split())
    assert "Traceback" not in err
    assert file.read_bytes() == content
    assert not list(tmp_path.rglob("*backup*"))


def test_a_server_that_does_not_answer_is_not_left_in_the_settings(tmp_path: Path) -> None:
    """Where the canary fails, the settings are as they were, and the error says what failed."""
    file = placed(tmp_path, "cursor", b'{"a": 1}')
    settings = install.Settings.of("cursor", tmp_path)
    dead = [sys.executable, "-c", "raise SystemExit('no such module')", "--namespace", "a"]
    with pytest.raises(ConfigError, match="no such module"):
        install.install(
            settings,
            entry(settings.kind, dead),
            lambda told: canary.sing(told, ":memory:") and None,
        )

    assert file.read_bytes() == b'{"a": 1}'
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["mcp.json"]


@pytest.mark.usefixtures("quick")
def test_a_linked_file_stays_linked_and_keeps_its_permissions(run: Run, tmp_path: Path) -> None:
    """Settings that live in somebody's dotfiles are written there; secrets stay private."""
    home, dotfiles = tmp_path / "home", tmp_path / "dotfiles"
    home.mkdir()
    dotfiles.mkdir()
    (dotfiles / "claude.json").write_text("{}")
    (dotfiles / "claude.json").chmod(0o600)
    (home / ".claude.json").symlink_to(dotfiles / "claude.json")
    run("claude-code", "--home", str(home))

    assert (home / ".claude.json").is_symlink()
    assert "resmem" in servers(home, "claude-code")
    assert os.stat(dotfiles / "claude.json").st_mode & 0o777 == 0o600


def test_an_unknown_harness_is_named_with_those_there_are(run: Run, tmp_path: Path) -> None:
    """Nothing is made."""
    code, _, err = run("emacs", "--home", str(tmp_path))

    assert code == 2
    assert "windsurf" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quick")
def test_removing_what_is_not_there_does_nothing(run: Run, tmp_path: Path) -> None:
    """Neither an absent file nor one without our entry is touched."""
    file = placed(tmp_path, "cursor", b'{ "mcpServers" : {} }')

    assert run("claude-code", "--home", str(tmp_path), "--remove")[0] == 0
    assert run("cursor", "--home", str(tmp_path), "--remove")[0] == 0
    assert file.read_bytes() == b'{ "mcpServers" : {} }'
    assert not file_of(tmp_path, "claude-code").exists()
