"""Resilient Memory for LangChain, under the name that LangChain's shelves ask for.

Every public name of `resmem_langchain`, the same object; the code and its documentation are there.
"""

from resmem_langchain import (
    CircuitOpen,
    LangChainEmbedder,
    MemoryState,
    ResmemCallbackHandler,
    ResmemMiddleware,
    ResmemRetriever,
    TunedModel,
    memory_nodes,
    memory_tools,
    summarizer,
    tuned,
)

__all__ = [
    "CircuitOpen",
    "LangChainEmbedder",
    "MemoryState",
    "ResmemCallbackHandler",
    "ResmemMiddleware",
    "ResmemRetriever",
    "TunedModel",
    "memory_nodes",
    "memory_tools",
    "summarizer",
    "tuned",
]
