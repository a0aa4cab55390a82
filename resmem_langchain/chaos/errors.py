"""What providers and tools raise: the names, statuses and headers of the usual clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

try:
    from langchain_core.exceptions import (
        ModelAPIError,
        ModelConnectionError,
        ModelInvalidRequestError,
        ModelRateLimitError,
        ModelTimeoutError,
    )
except ImportError:  # an older langchain-core, which takes all errors alike
    ModelAPIError = ModelConnectionError = Exception  # type: ignore[assignment, misc]
    ModelInvalidRequestError = ModelRateLimitError = Exception  # type: ignore[assignment, misc]
    ModelTimeoutError = Exception  # type: ignore[assignment, misc]


@dataclass(frozen=True, slots=True)
class Response:
    """What a client's error carries of the HTTP answer."""

    status_code: int
    headers: Mapping[str, str] = field(default_factory=dict)


class APIConnectionError(ModelConnectionError):
    """Nobody answers at that address."""


class APITimeoutError(ModelTimeoutError):
    """No answer in time."""


class _StatusError(Exception):
    status_code: ClassVar[int]

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.response = Response(self.status_code, headers or {})


class RateLimitError(_StatusError, ModelRateLimitError):
    """Too many requests; `retry-after` says how long to keep away."""

    status_code = 429


class InternalServerError(_StatusError, ModelAPIError):
    """The provider is overloaded or broken."""

    status_code = 503


class BadRequestError(_StatusError, ModelInvalidRequestError):
    """The request itself is refused: too long for the context, or the account is empty."""

    status_code = 400


class ToolDown(ConnectionError):
    """A tool's service does not answer."""


class ToolTimeout(TimeoutError):
    """A tool's service did not answer in time; what it was asked for may have happened."""


class ToolRefused(ValueError):
    """A tool does not take these arguments."""
