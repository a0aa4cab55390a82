"""The classes themselves, the same objects as in `resmem_llamaindex`, where their code is."""

from resmem_llamaindex import (
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
