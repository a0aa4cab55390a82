"""LangChain's standard tests, on what this distribution exports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import langchain_resmem
import pytest
from langchain_resmem import ResmemRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

import resmem_langchain
from resmem_core import Message, ResilientMemory


def test_it_exports_the_same_objects() -> None:
    """Nothing is wrapped: an isinstance check holds across both names."""
    for name in langchain_resmem.__all__:
        assert getattr(langchain_resmem, name) is getattr(resmem_langchain, name)


class TestRetriever(RetrieversIntegrationTests):
    """The suite that LangChain's partners run."""

    @pytest.fixture(autouse=True)
    def _filled(self) -> Iterator[None]:
        with ResilientMemory.open(":memory:", keep=1.0) as memory:
            session = memory.session("t", namespace=("acme", "ada"))
            for text in ("I moved to Lisbon.", "Lisbon is warm.", "I sing in Lisbon."):
                session.observe(Message("user", text))
            self._memory = memory
            yield

    @property
    def retriever_constructor(self) -> type[ResmemRetriever]:
        return ResmemRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"memory": self._memory, "namespace": ("acme", "ada"), "k": 3}

    @property
    def retriever_query_example(self) -> str:
        return "Lisbon"
