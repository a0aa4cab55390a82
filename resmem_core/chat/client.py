"""The chat completions call that Ollama and every OpenAI-compatible server answer."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from resmem_core.errors import ConfigError

OLLAMA: Final = "http://127.0.0.1:11434/v1"
"""Where Ollama answers by this interface."""

MAX_ANSWER: Final = 10_000_000
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model on a server.

    Attributes:
        base_url: with the version, such as "http://127.0.0.1:11434/v1".
        key: sent as a bearer token where there is one; never shown.
        timeout: seconds.
    """

    base_url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout: float = 120.0

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError("--base-url must be an http address such as " + OLLAMA)

    @property
    def name(self) -> str:
        """What its health is kept under."""
        return f"model:{urlsplit(self.base_url).netloc.rpartition('@')[2]}/{self.model}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said, and how many tokens that took; 0 where the server does not say."""

    text: str
    tokens: int = 0


class BadAnswer(ValueError):
    """The server answered with something that is no chat completion."""


def complete(
    endpoint: Endpoint, messages: Sequence[Mapping[str, str]], settings: Mapping[str, float]
) -> Answer:
    """One answer.

    Args:
        messages: each with "role" and "content".
        settings: what is sent beside them, such as {"temperature": 0.2}.

    Raises:
        OSError: the server cannot be reached or refuses. BadAnswer: it answered nonsense.
    """
    body = json.dumps({"model": endpoint.model, "messages": [*messages], **settings}).encode()
    headers = {"content-type": "application/json"}
    if endpoint.key:
        headers["authorization"] = f"Bearer {endpoint.key}"
    address = endpoint.base_url.rstrip("/") + "/chat/completions"
    with urlopen(Request(address, body, headers), timeout=endpoint.timeout) as response:
        return _answer(response.read(MAX_ANSWER))


def key_from_environment() -> str | None:
    """The usual variable's value, where it is set."""
    return os.environ.get("OPENAI_API_KEY") or None


def _answer(content: bytes) -> Answer:
    try:
        doc: Any = json.loads(content)
        text = doc["choices"][0]["message"]["content"]
        used = (doc.get("usage") or {}).get("completion_tokens")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise BadAnswer("the answer is no chat completion") from None
    if not isinstance(text, str):
        raise BadAnswer("the answer holds no text")
    return Answer(text, used if isinstance(used, int) and 0 <= used < 10**9 else 0)


def why(error: Exception) -> str:
    """What went wrong, for a person; no answer's body, which may quote the conversation."""
    if isinstance(error, HTTPError):
        return f"the server answered {error.code} {error.reason}"
    return str(getattr(error, "reason", None) or error) or type(error).__name__
