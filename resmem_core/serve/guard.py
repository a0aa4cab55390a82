"""The middleware that every request passes: origin, token, size, and what the answer may do."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resmem_core.serve.access import COOKIE, Access

MAX_BODY: Final = 1_000_000
"""Bytes of a request; a text may have 16,000 characters."""

_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class RequestGuard:
    """Lets a request through to `app` with its role in the scope's state, or answers it itself."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._checked(scope, _limited(receive), _hardened(send))

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if self._access.foreign(headers):
            await _said(403, "this origin is not served")(scope, receive, send)
            return
        if _size(headers) > MAX_BODY:
            await _said(413, f"at most {MAX_BODY:,} bytes")(scope, receive, send)
            return
        welcome = self._welcome(scope)
        if welcome is not None:
            await welcome(scope, receive, send)
            return
        role = self._access.role(_token(headers))
        if role is None:
            await _said(401, "open the address that  resmem serve  printed when it started")(
                scope, receive, send
            )
            return
        if role != "editor" and scope["path"].startswith("/mcp"):
            await _said(403, "an agent needs the editor's token")(scope, receive, send)
            return
        scope.setdefault("state", {})["role"] = role
        await self._app(scope, receive, send)

    def _welcome(self, scope: Scope) -> RedirectResponse | None:
        """The printed address: its token moves into a cookie and out of the address bar."""
        if scope["method"] != "GET" or scope["path"] != "/":
            return None
        query = parse_qs(scope["query_string"].decode("latin-1"))
        token = query.get("token", [""])[0]
        if self._access.role(token) is None:
            return None
        response = RedirectResponse("/", 303)
        response.set_cookie(_cookie(scope), token, httponly=True, samesite="strict", path="/")
        return response


class TooMuch(Exception):
    """A request's body is larger than it said or may be."""


def _said(status: int, text: str) -> PlainTextResponse:
    return PlainTextResponse(text, status)


def _size(headers: Headers) -> int:
    given = headers.get("content-length", "0")
    return int(given) if given.isascii() and given.isdigit() else 0


def _cookie(scope: Scope) -> str:
    """Cookies are shared by all ports of a host, so the port is part of the name."""
    host = Headers(scope=scope).get("host", "")
    return f"{COOKIE}-{host.rpartition(':')[2]}"


def _token(headers: Headers) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    name = f"{COOKIE}-{headers.get('host', '').rpartition(':')[2]}"
    return jar[name].value if name in jar else ""


def _limited(receive: Receive) -> Receive:
    """The request's body, cut off where it is larger than it said."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise TooMuch
        return message

    return limited


def _hardened(send: Send) -> Send:
    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return hardened
