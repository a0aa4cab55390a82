"""What a server may not be, and what its errors become."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from resmem_core.errors import ConfigError, StoreFull, StoreUnavailable
from resmem_core.stores.retry import Down

OLDEST: Final = (1, 17)
"""A server before it ignores `update_mode`, so that two writers would overwrite each other."""


def refuse_open_key(location: str, api_key: str | None) -> None:
    parts = urlsplit(location)
    host = parts.hostname or ""
    if api_key and parts.scheme == "http" and not _is_loopback(host):
        raise ConfigError(
            f"an API key must not go over plain http to {host!r}: use https, or a loopback address"
        )


def refuse_old(location: str, version: str) -> None:
    """Stop before the first write at a server on which a conditional write is not conditional.

    Raises:
        ConfigError: the version is below `OLDEST`, or none that can be read.
    """
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})", version)
    if not found or (int(found[1]), int(found[2])) < OLDEST:
        raise ConfigError(
            f"{location} runs Qdrant {version[:20]!r}; several writers need "
            f"{OLDEST[0]}.{OLDEST[1]} or later: update the server"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def translated(location: str, error: Exception) -> Exception:
    """What may pass as Down, the rest as one of ours; never with a server's text in it."""
    if isinstance(error, UnexpectedResponse):
        return _refused(location, error.status_code or 0, error.content or b"")
    if type(error).__name__ == "ResourceExhaustedResponse":
        return Down("the server asks to wait", float(getattr(error, "retry_after_s", 1) or 1))
    if isinstance(error, ResponseHandlingException | OSError | TimeoutError):
        return Down("no answer")
    if isinstance(error, ValueError | AssertionError):
        return Down("the answer makes no sense")
    return error


def _refused(location: str, status: int, content: bytes) -> Exception:
    if status == 507 or b"no space" in content.lower():
        return StoreFull(f"{location}: the server has no space left")
    if status >= 500:
        return Down(f"the server answered {status}")
    return StoreUnavailable(f"{location}: the server refused the request ({status})")
