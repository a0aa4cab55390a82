"""Runs the server on loopback and says where."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence

from resmem_core.engine import ResilientMemory
from resmem_core.errors import ConfigError, missing_extra
from resmem_core.serve.access import Access, hosts
from resmem_core.types import Namespace

try:
    import uvicorn

    from resmem_core.serve.app import application
except ImportError as error:
    raise missing_extra("serve", "uvicorn") from error


def bound(address: str, port: int) -> socket.socket:
    """A listening socket on a loopback address; port 0 takes a free one.

    Raises:
        ConfigError: the address is not loopback, or the port cannot be had.
    """
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigError(
            f"the console serves loopback only, such as 127.0.0.1, got {address!r:.60}; put a "
            "reverse proxy with its own log-in before it to serve others"
        )
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((address, port))
        made.listen()  # whoever reads the address may come before the server is up
    except (OSError, OverflowError) as error:
        made.close()
        why = getattr(error, "strerror", None) or "it is no port"
        raise ConfigError(f"port {port} cannot be had: {why}; take another --port") from None
    return made


def run(
    memory: ResilientMemory,
    namespaces: Sequence[Namespace] | None,
    listening: socket.socket,
    tell: Callable[[str, str], None],
    *,
    editor: str | None = None,
    viewer: str | None = None,
) -> None:
    """Serve until interrupted.

    Args:
        tell: called once with the editor's and the viewer's address before the first request.
        editor, viewer: tokens; made afresh where None.
    """
    address, port = listening.getsockname()[:2]
    given = {"editor": editor, "viewer": viewer}
    access = Access(hosts(address, port), **{k: v for k, v in given.items() if v})
    name = f"[{address}]" if ":" in address else address
    tell(
        f"http://{name}:{port}/?token={access.editor}",
        f"http://{name}:{port}/?token={access.viewer}",
    )
    server(memory, access, namespaces).run([listening])


def server(
    memory: ResilientMemory, access: Access, namespaces: Sequence[Namespace] | None
) -> uvicorn.Server:
    """The server, ready to run; it logs no address, for an address may hold a token."""
    app = application(memory, access, namespaces, lambda: made.should_exit)
    made = uvicorn.Server(
        uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False,
            timeout_graceful_shutdown=5,
        )
    )  # fmt: skip
    return made
