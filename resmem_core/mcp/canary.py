"""A real client starts the server as it is written down, remembers something, and recalls it."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO, Any, Final

from resmem_core.engine import ResilientMemory
from resmem_core.errors import ConfigError, missing_extra
from resmem_core.mcp.harness import Entry

try:
    import anyio
    from mcp import Client, StdioServerParameters, stdio_client
except ImportError as error:
    raise missing_extra("mcp", "mcp") from error

PATIENCE: Final = 60.0
"""Seconds after which a server that does not answer has failed."""

NAMESPACE: Final = "resmem-canary"
"""The first part of the namespaces in which canaries live for a moment."""


def command(db: str, namespace: str) -> list[str]:
    """The command line by which a harness starts the server with this interpreter.

    `-P` keeps the folder that the harness works in off the import path: a project must not be
    able to put its own modules in place of ours.
    """
    python = [sys.executable, "-P", "-m", "resmem_core"]
    return [*python, "mcp", "--db", db, "--namespace", namespace]


def sing(told: Entry, db: str) -> float:
    """Start the server of an entry, remember and recall; the seconds that it took.

    It does so in a namespace of its own, which is erased afterwards.

    Raises:
        ConfigError: the server does not start, does not answer or does not recall.
    """
    bird = secrets.token_hex(4)
    args = _within(told["args"], f"{NAMESPACE}/{bird}")
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        try:
            anyio.run(_roundtrip, told["command"], args, f"The canary {bird} sings.", errors)
        except ConfigError:
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise ConfigError(f"the server does not answer: {_why(error, errors)}") from error
    took = time.monotonic() - began
    with ResilientMemory.open(db) as memory:
        memory.forget((NAMESPACE, bird))
    return took


def _within(args: Sequence[str], namespace: str) -> list[str]:
    """The arguments, with another namespace."""
    at = list(args).index("--namespace")
    return [*args[: at + 1], namespace, *args[at + 2 :]]


async def _roundtrip(program: str, args: list[str], song: str, errors: IO[str]) -> None:
    server = StdioServerParameters(command=program, args=args, env=dict(os.environ))
    with anyio.fail_after(PATIENCE):
        async with Client(stdio_client(server, errlog=errors)) as client:  # type: ignore[arg-type]
            await _told(client, "remember", {"text": song})
            found = await _told(client, "recall", {"question": song})
    if not any(one["text"] == song for one in found["memories"]):
        raise ConfigError("the server answers and does not recall what it was told")


async def _told(client: Client, tool: str, arguments: dict[str, Any]) -> Any:
    result = await client.call_tool(tool, arguments)
    if result.is_error:
        raise ConfigError(f"the server refused to {tool}: {result.content}")
    return result.structured_content


def _why(error: BaseException, errors: IO[str]) -> str:
    """The last line that the server wrote on its way out, or the error's own words."""
    errors.seek(0)
    lines = errors.read().split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), repr(error))[:400]
