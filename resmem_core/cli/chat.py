"""`resmem chat`: talk with a model that remembers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Final

import typer

from resmem_core.chat.agent import Said, turn
from resmem_core.chat.client import OLLAMA, Endpoint, key_from_environment
from resmem_core.cli.options import DEFAULT_DB, Location, NamespaceOption, parse_namespace
from resmem_core.engine import ResilientMemory, Session
from resmem_core.errors import InputError, ResmemError
from resmem_core.types import KNOBS, MAX_TEXT

HELP: Final = """/why        what was recalled last, and what was changed of your settings
/memories   the latest memories
/forget ID  erase a memory for good
/knobs      where the knobs stand
/quit       end"""


def chat(
    model: Annotated[str, typer.Option(help="The model's name on the server.")] = "qwen3:4b",
    base_url: Annotated[
        str, typer.Option(help="Any OpenAI-compatible server; Ollama by default.")
    ] = OLLAMA,
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "local/me",
    thread: Annotated[str, typer.Option(help="The conversation's id.")] = "chat",
    temperature: Annotated[
        float | None, typer.Option(help="Yours; left to the server without it.", min=0, max=2)
    ] = None,
) -> None:
    """Talk with a model that remembers; OPENAI_API_KEY is sent where it is set.

    Commands: /why, /memories, /forget ID, /knobs, /help, /quit.
    """
    endpoint = Endpoint(base_url, model, key_from_environment())
    with ResilientMemory.open(db) as memory:
        name = parse_namespace(namespace, db)
        session = memory.session(thread, namespace=name)
        typer.echo(f"{model} at {base_url}, memory {db}; /help tells the commands")
        _talk(memory, session, endpoint, temperature)


def _talk(
    memory: ResilientMemory, session: Session, endpoint: Endpoint, temperature: float | None
) -> None:
    past: list[Said] = []
    while (line := _asked()) is not None:
        if not line:
            continue
        if line in ("/quit", "/exit"):
            return
        try:
            if line.startswith("/"):
                typer.echo(_command(memory, session, line))
                continue
            if len(line) > MAX_TEXT:
                raise InputError(f"say less at once: {MAX_TEXT:,} characters are allowed")
            reply = turn(session, endpoint, past, line, temperature)
        except ResmemError as error:  # the conversation goes on
            typer.echo(f"error: {error}", err=True)
            continue
        typer.echo(reply.text, err=reply.failed)
        past.append(("user", line))
        if not reply.failed:
            past.append(("assistant", reply.text))


def _asked() -> str | None:
    """The next line; None at the end."""
    try:
        return input("> " if sys.stdin.isatty() else "").strip()
    except (EOFError, KeyboardInterrupt):
        return None
    except UnicodeDecodeError:
        typer.echo("error: that line is not UTF-8 text", err=True)
        return ""


def _command(memory: ResilientMemory, session: Session, line: str) -> str:
    name, _, rest = line.partition(" ")
    if name not in _COMMANDS:
        return f"there is no command {name:.40}\n{HELP}"
    return _COMMANDS[name](memory, session, rest.strip())


def _why(memory: ResilientMemory, session: Session, rest: str) -> str:
    lines = [
        f"{hit.score:.3f}  {hit.passage}  ({', '.join(_shares(hit.why))})"
        for hit in session.recalled
    ]
    return "\n".join([*(lines or ["nothing was recalled"]), str(session.explain())])


def _shares(why: Mapping[str, float]) -> list[str]:
    best = sorted(why.items(), key=lambda item: -abs(item[1]))[:3]
    return [f"{name} {share:+.2f}" for name, share in best]


def _memories(memory: ResilientMemory, session: Session, rest: str) -> str:
    found = memory.scan(session.namespace)[-20:]
    return "\n".join(f"{m.id}  {m.role}: {m.text}" for m in found) or "there is none yet"


def _forget(memory: ResilientMemory, session: Session, rest: str) -> str:
    if not rest:
        return "name the memory: /forget ID, as /memories shows it"
    return f"erased {memory.forget(session.namespace, [rest])}"


def _knobs(memory: ResilientMemory, session: Session, rest: str) -> str:
    calm = session.loop.base
    values = [
        f"{name} {getattr(session.knobs, name):.4g} (in calm {getattr(calm, name):.4g})"
        for name in KNOBS
    ]
    head = [f"mode {session.mode.value}, stress {session.stress:.2f}", *_sent(session)]
    return "\n".join([*head, "the controller's own numbers, which nobody is sent:", *values])


def _sent(session: Session) -> list[str]:
    """What the last request said of your settings."""
    told = [f"sent last: {one.name} {one.value:.4g} (yours {one.yours:.4g})"
            for one in session.sent if one.yours is not None]  # fmt: skip
    return told or ["sent last: no setting of yours, none of ours"]


_COMMANDS: Final[Mapping[str, Callable[[ResilientMemory, Session, str], str]]] = {
    "/why": _why,
    "/memories": _memories,
    "/forget": _forget,
    "/knobs": _knobs,
    "/help": lambda memory, session, rest: HELP,
}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("chat")(chat)
