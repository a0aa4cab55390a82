"""How each harness writes down its MCP servers, and its settings with and without our entry.

Pure: texts in, texts out. JSON is written anew with the indentation that it had; TOML, which has no
writer in the standard library, gets a marked block at its end and keeps every other byte.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from resmem_core.errors import InputError

NAME: Final = "resmem"
"""What our entry is called."""

_BEGIN: Final = "# >>> resmem (written by `resmem init`)"
_END: Final = "# <<< resmem"

Entry: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Harness:
    """Where a harness keeps its settings.

    Attributes:
        path: parts of the path below the home directory.
        table: the key that holds the servers.
        form: how the file is written.
        typed: whether an entry says that it speaks over stdio.
    """

    path: tuple[str, ...]
    table: str = "mcpServers"
    form: Literal["json", "toml"] = "json"
    typed: bool = False


def _vscode() -> tuple[str, ...]:
    if sys.platform == "darwin":
        return ("Library", "Application Support", "Code", "User", "mcp.json")
    return (".config", "Code", "User", "mcp.json")


HARNESSES: Final[Mapping[str, Harness]] = {
    "claude-code": Harness((".claude.json",), typed=True),
    "codex": Harness((".codex", "config.toml"), "mcp_servers", "toml"),
    "cursor": Harness((".cursor", "mcp.json")),
    "vscode": Harness(_vscode(), "servers", typed=True),
    "gemini": Harness((".gemini", "settings.json")),
    "windsurf": Harness((".codeium", "windsurf", "mcp_config.json")),
}


def harness(name: str) -> Harness:
    """The harness of that name.

    Raises:
        InputError: there is none.
    """
    if name not in HARNESSES:
        raise InputError(f"no harness {name!r:.40} is known; use one of {', '.join(HARNESSES)}")
    return HARNESSES[name]


def entry(kind: Harness, command: list[str]) -> Entry:
    """What the harness is told.

    >>> entry(HARNESSES["cursor"], ["resmem", "mcp"])
    {'command': 'resmem', 'args': ['mcp']}
    """
    told = {"command": command[0], "args": command[1:]}
    return {"type": "stdio", **told} if kind.typed else told


def found(kind: Harness, text: str) -> Entry | None:
    """Our entry in the settings, or None.

    Raises:
        InputError: the text is not what the harness reads.
    """
    mine = _servers(kind, _parsed(kind, text)).get(NAME)
    return mine if isinstance(mine, Mapping) else None


def with_entry(kind: Harness, text: str, told: Entry) -> str:
    """The settings with our entry; everything else in them stays.

    Raises:
        InputError: the text is not what the harness reads, or it has an entry of our name in a
            place where it cannot be replaced.
    """
    if kind.form == "toml":
        return _toml_with(kind, text, told)
    doc = _parsed(kind, text)
    servers = {**_servers(kind, doc), NAME: dict(told)}
    return _dumped({**doc, kind.table: servers}, text)


def without_entry(kind: Harness, text: str) -> str:
    """The settings without our entry."""
    if kind.form == "toml":
        return _toml_without(text)
    doc = _parsed(kind, text)
    servers = {name: one for name, one in _servers(kind, doc).items() if name != NAME}
    return _dumped({**doc, kind.table: servers}, text)


def _parsed(kind: Harness, text: str) -> dict[str, Any]:
    try:
        doc = _read(kind, text)
    except (ValueError, RecursionError) as error:
        place = getattr(error, "lineno", None)
        where = f" (line {place})" if place else ""
        raise InputError(f"is not {kind.form.upper()}{where}; nothing was changed") from None
    if not isinstance(doc, dict):
        raise InputError(f"holds no {kind.form.upper()} object; nothing was changed")
    return doc


def _read(kind: Harness, text: str) -> Any:
    if not text.strip("\ufeff \t\r\n"):
        return {}
    return tomllib.loads(text) if kind.form == "toml" else json.loads(text.removeprefix("\ufeff"))


def _servers(kind: Harness, doc: Mapping[str, Any]) -> Mapping[str, Any]:
    servers = doc.get(kind.table, {})
    if not isinstance(servers, Mapping):
        raise InputError(f"has a {kind.table!r} that is no object; nothing was changed")
    return servers


def _dumped(doc: Mapping[str, Any], before: str) -> str:
    """JSON with the indentation, byte order mark and last line end that it had."""
    found_ = re.search(r"^([ \t]+)\S", before, re.MULTILINE)
    indent = found_[1] if found_ else "  "
    mark = "\ufeff" if before.startswith("\ufeff") else ""
    body = json.dumps(doc, ensure_ascii=False, indent=indent)
    end = "" if before and not before.endswith("\n") else "\n"
    return mark + (body + end).replace("\n", "\r\n" if "\r\n" in before else "\n")


def _toml_with(kind: Harness, text: str, told: Entry) -> str:
    before = _parsed(kind, text)
    bare = _toml_without(text)
    if NAME in _servers(kind, _parsed(kind, bare)):
        raise InputError(
            f"has a server {NAME!r} that `resmem init` did not write: remove it first; "
            "nothing was changed"
        )
    line = "\r\n" if "\r\n" in text else "\n"
    lines = [_BEGIN, f"[{kind.table}.{NAME}]"]
    lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in told.items()]
    gap = "" if not bare or bare.endswith("\n") else line
    made = bare + gap + line.join([*lines, _END, ""])
    expected = {**before, kind.table: {**_servers(kind, before), NAME: dict(told)}}
    try:
        right = tomllib.loads(made) == expected
    except ValueError:  # such as an inline table, to which nothing can be added below
        right = False
    if not right:
        raise InputError(
            f"keeps {kind.table!r} in a form that cannot be added to; nothing was changed"
        )
    return made


def _toml_without(text: str) -> str:
    block = re.compile(
        rf"^{re.escape(_BEGIN)}\r?$.*?^{re.escape(_END)}\r?$\n?", re.MULTILINE | re.DOTALL
    )
    return block.sub("", text)
