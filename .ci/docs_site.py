"""Hooks of the docs site: the command line's reference, and llms.txt, made from what there is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import typer

from resmem_core.cli.app import app

sys.path.insert(0, str(Path(__file__).parent))
import docs_tables

WORKER = "https://unpkg.com/iframe-worker/shim"
OURS = "assets/iframe-worker.js"


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put what is made from the code where the page asks for it."""
    made = {
        "commands": _commands, "settings": docs_tables.settings, "signals": docs_tables.signals,
        "knobs": docs_tables.knobs, "hormones": docs_tables.hormones, "threats": _threats,
    }  # fmt: skip
    for name, make in made.items():
        mark = f"{{{{ {name} }}}}"
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    return markdown


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Load the worker that the search needs from beside the pages, so that it works offline."""
    return output.replace(WORKER, "../" * page.file.dest_uri.count("/") + OURS)


def on_post_template(output_content: str, **_: Any) -> str:
    """The same for the page that stands in for one that there is not."""
    return output_content.replace(WORKER, f"/{OURS}")


def on_post_build(config: Any, **_: Any) -> None:
    """Write llms.txt: every page with its title and its text's address."""
    lines = [f"# {config['site_name']}", "", f"> {config['site_description']}", ""]
    pages = sorted(Path(config["docs_dir"]).rglob("*.md"))
    for page in pages:
        name = page.relative_to(config["docs_dir"]).as_posix()
        title = next(
            (line[2:] for line in page.read_text("utf-8").splitlines() if line.startswith("# ")),
            name,
        )
        address = name.removesuffix(".md").replace("README", "index")
        lines.append(f"- [{title}]({address}.html)")
    Path(config["site_dir"], "llms.txt").write_text("\n".join([*lines, ""]), "utf-8")


def _threats() -> str:
    """The threat model of SECURITY.md, which is its one place."""
    text = (Path(__file__).parents[1] / "SECURITY.md").read_text("utf-8")
    return text.partition("## What is protected, from whom")[2].strip()


def _commands() -> str:
    root = typer.main.get_command(app)
    return "\n".join(_described("resmem", root))


def _described(name: str, command: Any) -> list[str]:
    context = click.Context(command, info_name=name)
    told = " ".join((command.help or "").replace("\f", "").split())
    lines = [f"## `{name}`", "", told, ""] if name != "resmem" else []
    rows = [row for one in command.params if (row := _row(one, context))]
    if rows and name != "resmem":
        lines += ["| option | meaning |", "|---|---|", *rows, ""]
    for child, sub in sorted(getattr(command, "commands", {}).items()):
        lines += _described(f"{name} {child}", sub)
    return lines


def _row(parameter: Any, context: click.Context) -> str:
    if getattr(parameter, "hidden", False) or parameter.name == "help":
        return ""
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    if parameter.param_type_name == "argument":
        names = (parameter.metavar or parameter.name or "").upper()
    words = " ".join((getattr(parameter, "help", "") or "").split())
    default = parameter.default
    shown = f" Default `{default}`." if default not in (None, "", False, ()) else ""
    return f"| `{names}` | {words}{shown} |".replace("&", "&amp;").replace("<", "&lt;")
