"""Resilient Memory for LlamaIndex, under the name that LlamaHub asks for."""

from llama_index.memory.resmem.base import (
    ResmemMemory,
    ResmemMemoryBlock,
    ResmemPostprocessor,
    ResmemRetriever,
    ResmemSink,
    ResmemToolSpec,
    ResmemVectorStore,
    scope,
)

__all__ = [
    "ResmemMemory",
    "ResmemMemoryBlock",
    "ResmemPostprocessor",
    "ResmemRetriever",
    "ResmemSink",
    "ResmemToolSpec",
    "ResmemVectorStore",
    "scope",
]
