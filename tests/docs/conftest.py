"""The providers' servers that the pages' blocks speak to."""

from __future__ import annotations

import pytest

from tests.langchain.conftest import ProviderServer, loopback, provider

__all__ = ["loopback", "provider", "providers"]


@pytest.fixture
def providers(provider: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> ProviderServer:
    """The environment that sends the clients of OpenAI and Anthropic to this machine."""
    for name, path in (("OPENAI", "/v1"), ("ANTHROPIC", "")):
        monkeypatch.setenv(f"{name}_API_KEY", "sk-none")
        monkeypatch.setenv(f"{name}_BASE_URL", provider.url + path)
        monkeypatch.setenv(f"{name}_API_BASE", provider.url + path)
    return provider
