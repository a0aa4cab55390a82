"""What the page on the ecosystems' shelves calls proven."""

from __future__ import annotations

from langchain_core.retrievers import BaseRetriever as LangChainRetriever
from langgraph.store.base import BaseStore
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.memory import BaseMemoryBlock, Memory
from llama_index.core.postprocessor.types import BaseNodePostprocessor

import resmem_langchain
import resmem_llamaindex


def test_the_classes_are_the_frameworks_own_kinds() -> None:
    """Whatever takes theirs takes ours."""
    kinds = {
        resmem_langchain.ResmemRetriever: LangChainRetriever,
        resmem_langchain.ResmemStore: BaseStore,
        resmem_llamaindex.ResmemMemory: Memory,
        resmem_llamaindex.ResmemMemoryBlock: BaseMemoryBlock,
        resmem_llamaindex.ResmemRetriever: BaseRetriever,
        resmem_llamaindex.ResmemPostprocessor: BaseNodePostprocessor,
    }

    assert [ours.__name__ for ours, theirs in kinds.items() if not issubclass(ours, theirs)] == []


def test_serialised_forms_name_the_class() -> None:
    """LlamaIndex writes `class_name()` into what it stores."""
    ours = (
        resmem_llamaindex.ResmemMemory,
        resmem_llamaindex.ResmemPostprocessor,
    )

    assert [kind.class_name() for kind in ours] == [kind.__name__ for kind in ours]
