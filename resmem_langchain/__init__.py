"""Self-regulating memory for LangChain: an agent middleware, callbacks, a retriever, a store.

Names are imported when they are first used, so that one extra does not need another's packages.

    >>> from resmem_langchain import ResmemMiddleware
    >>> ResmemMiddleware.__name__
    'ResmemMiddleware'
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from resmem_core.errors import CircuitOpen

if TYPE_CHECKING:
    from resmem_langchain._callbacks import ResmemCallbackHandler
    from resmem_langchain._classic import ResmemMemory
    from resmem_langchain._components import LangChainClassifier, LangChainEmbedder, summarizer
    from resmem_langchain._history import ResmemChatMessageHistory
    from resmem_langchain._middleware import ResmemMiddleware
    from resmem_langchain._model.tuned import TunedModel, tuned
    from resmem_langchain._nodes import MemoryState, memory_nodes
    from resmem_langchain._prompt.recalling import Recalled
    from resmem_langchain._retriever import ResmemRetriever
    from resmem_langchain._store.store import PutRejected, ResmemStore
    from resmem_langchain._tool.verbs import memory_tools

__all__ = [
    "CircuitOpen",
    "LangChainClassifier",
    "LangChainEmbedder",
    "MemoryState",
    "PutRejected",
    "Recalled",
    "ResmemCallbackHandler",
    "ResmemChatMessageHistory",
    "ResmemMemory",
    "ResmemMiddleware",
    "ResmemRetriever",
    "ResmemStore",
    "TunedModel",
    "memory_nodes",
    "memory_tools",
    "summarizer",
    "tuned",
]

if find_spec("langchain_classic") is None:
    __all__.remove("ResmemMemory")  # `import *` takes what the installed extras bear

_HOME: Final = {
    "LangChainClassifier": "components",
    "LangChainEmbedder": "components",
    "PutRejected": "store.store",
    "Recalled": "prompt.recalling",
    "ResmemCallbackHandler": "callbacks",
    "ResmemChatMessageHistory": "history",
    "ResmemMemory": "classic",
    "ResmemMiddleware": "middleware",
    "ResmemRetriever": "retriever",
    "ResmemStore": "store.store",
    "TunedModel": "model.tuned",
    "MemoryState": "nodes",
    "memory_nodes": "nodes",
    "memory_tools": "tool.verbs",
    "summarizer": "components",
    "tuned": "model.tuned",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'resmem_langchain' has no attribute {name!r}")
    return getattr(import_module(f"resmem_langchain._{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
