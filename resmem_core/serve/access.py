"""Who may see and who may change: two tokens, and the checks that a request passes before any."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final, Literal, TypeAlias

Role: TypeAlias = Literal["viewer", "editor"]

COOKIE: Final = "resmem"


def _made() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Access:
    """What lets a request in.

    Attributes:
        hosts: values of the Host header that are ours, such as "127.0.0.1:8765".
        editor, viewer: the tokens; made afresh where none is given, and never logged.
    """

    hosts: frozenset[str]
    editor: str = field(default_factory=_made, repr=False)
    viewer: str = field(default_factory=_made, repr=False)

    def role(self, token: str) -> Role | None:
        """Whose token this is; None for nobody's."""
        given = token.encode()
        # both are compared, so that the time tells nothing
        edits = compare_digest(given, self.editor.encode())
        sees = compare_digest(given, self.viewer.encode())
        return "editor" if edits else "viewer" if sees else None

    def foreign(self, headers: Mapping[str, str]) -> bool:
        """Whether another site's page, or another name for this machine, asks.

        A page of another origin can make a browser send requests here, and a name that it
        controls can be made to lead here; both show in these headers.
        """
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self.hosts:
            return True
        if origin is not None and origin not in {f"http://{name}" for name in self.hosts}:
            return True
        return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def hosts(address: str, port: int) -> frozenset[str]:
    """The Host headers by which a loopback address may be called.

    >>> sorted(hosts("127.0.0.1", 80))
    ['127.0.0.1:80', 'localhost:80']
    """
    name = f"[{address}]" if ":" in address else address
    return frozenset({f"{name}:{port}", f"localhost:{port}"})
