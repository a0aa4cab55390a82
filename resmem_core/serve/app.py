"""Puts the server together: guard, API, stream, pages, and MCP over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.resources import files
from threading import Thread
from typing import Any, Final

from resmem_core.engine import ResilientMemory
from resmem_core.errors import ResmemError, missing_extra
from resmem_core.types import Namespace

try:
    import anyio
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response, StreamingResponse
    from starlette.routing import BaseRoute, Mount, Route

    from resmem_core.mcp.server import server as mcp_server
    from resmem_core.serve import api, openapi
    from resmem_core.serve.access import Access
    from resmem_core.serve.console import Console
    from resmem_core.serve.guard import RequestGuard
    from resmem_core.serve.names import key_of
except ImportError as error:
    raise missing_extra("serve", "starlette") from error

PERIOD: Final = 1.0
"""Seconds between two looks at what happens."""

_TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


def application(
    memory: ResilientMemory,
    access: Access,
    namespaces: Sequence[Namespace] | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Starlette:
    """The application, as uvicorn runs it.

    Args:
        namespaces: those that are shown; None for all. Where it is one, `/mcp` serves it to agents.
        stopping: whether the server is about to end, which ends the streams.
    """
    console = Console(memory, namespaces)
    mounted, agents = _agents(memory, namespaces)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if agents is not None:
                await stack.enter_async_context(agents.router.lifespan_context(agents))
            await run_in_threadpool(console.recorded)
            Thread(target=console.warm, name="resmem-warm", daemon=True).start()
            yield

    routes: list[BaseRoute] = [
        *api.routes(console),
        Route("/api/stream", _stream(console, stopping)),
        Route("/openapi.json", _document),
        Route("/api/role", _role(console)),
        *_pages(),
        *mounted,
    ]
    return Starlette(
        routes=routes,
        lifespan=life,
        middleware=[Middleware(RequestGuard, access=access), Middleware(GZipMiddleware)],
        exception_handlers={404: _absent, 405: _absent},
    )


def _agents(
    memory: ResilientMemory, namespaces: Sequence[Namespace] | None
) -> tuple[list[BaseRoute], Starlette | None]:
    """MCP over streamable HTTP; only a single namespace can be meant."""
    if namespaces is None or len(namespaces) != 1:
        return [], None
    # the guard has checked host and origin already, for every path alike
    made = mcp_server(memory, namespaces[0]).streamable_http_app(
        streamable_http_path="/mcp", transport_security=_UNCHECKED
    )
    return [Mount("/", made)], made


def _unchecked() -> Any:
    from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415

    return TransportSecuritySettings(enable_dns_rebinding_protection=False)


_UNCHECKED: Final = _unchecked()


async def _document(request: Request) -> Response:
    return JSONResponse(openapi.document())


def _role(console: Console) -> Any:
    """What the page needs before anything else: the role, and the names to choose from."""

    async def endpoint(request: Request) -> Response:
        try:
            names = await run_in_threadpool(console.namespaces)
        except ResmemError as error:
            return api.failed(503, type(error).__name__, str(error))
        shown = [{"key": key_of(name), "name": list(name)} for name in names]
        return JSONResponse({"role": request.state.role, "namespaces": shown})

    return endpoint


async def _absent(request: Request, error: Any) -> Response:
    return api.failed(error.status_code, "NotFound", "there is no such page or method")


def _stream(console: Console, stopping: Callable[[], bool]) -> Any:
    """Server-sent events: the state of things, whenever it changed."""

    async def endpoint(request: Request) -> Response:
        return StreamingResponse(
            _events(console, request, stopping), media_type="text/event-stream; charset=utf-8"
        )

    return endpoint


async def _events(
    console: Console, request: Request, stopping: Callable[[], bool]
) -> AsyncIterator[str]:
    last = ""
    while not stopping() and not await request.is_disconnected():
        try:
            now = json.dumps(api.finite(await run_in_threadpool(console.live)))
        except ResmemError as error:  # the store is away: the page says so and goes on
            now = json.dumps({"message": str(error)})
        if now != last:
            last = now
            yield f"data: {now}\n\n"
        else:
            yield ": waiting\n\n"
        await anyio.sleep(PERIOD)


def _pages() -> list[Route]:
    folder = files("resmem_core.serve") / "pages"
    found = {
        entry.name: entry.read_bytes()
        for entry in folder.iterdir()
        if entry.name.rpartition(".")[2] in _TYPES
    }
    return [_page(name, content) for name, content in sorted(found.items())]


def _page(name: str, content: bytes) -> Route:
    kind = _TYPES[name.rpartition(".")[2]]

    async def endpoint(request: Request) -> Response:
        return Response(content, media_type=kind)

    return Route("/" if name == "index.html" else f"/{name}", endpoint)
