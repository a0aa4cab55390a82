"""Resilient memory for LlamaIndex: swap the retriever or the memory block, keep the app."""

from resmem_core.errors import missing_extra

try:
    import llama_index.core as _  # noqa: F401
except ImportError as error:
    raise missing_extra("llamaindex", "llama_index.core") from error

from resmem_llamaindex._components import LlamaIndexEmbedder, LLMClassifier, summarizer
from resmem_llamaindex._documents.postprocessor import ResmemPostprocessor
from resmem_llamaindex._documents.query import ResmemQuery
from resmem_llamaindex._documents.rescore import Weights
from resmem_llamaindex._documents.retriever import ResmemRetriever
from resmem_llamaindex._documents.sink import ResmemSink
from resmem_llamaindex._documents.vector_store import ResmemVectorStore
from resmem_llamaindex._model.parameters import PROVIDERS
from resmem_llamaindex._model.tuned import TunedLLM
from resmem_llamaindex._outcomes import evaluate_with_outcome, outcome_of, run_with_outcome
from resmem_llamaindex._prompt.block import ResmemMemoryBlock
from resmem_llamaindex._prompt.memory import ResmemMemory
from resmem_llamaindex._prompt.recalling import ResmemRecallEvent
from resmem_llamaindex._signals.callbacks import ResmemCallbackHandler
from resmem_llamaindex._signals.events import ResmemEventHandler, ResmemSpanHandler
from resmem_llamaindex._tool.retriever import ResmemToolRetriever
from resmem_llamaindex._tool.spec import ResmemToolSpec
from resmem_llamaindex._turn.scope import register, scope

__all__ = [
    "PROVIDERS",
    "LLMClassifier",
    "LlamaIndexEmbedder",
    "ResmemCallbackHandler",
    "ResmemEventHandler",
    "ResmemMemory",
    "ResmemMemoryBlock",
    "ResmemPostprocessor",
    "ResmemQuery",
    "ResmemRecallEvent",
    "ResmemRetriever",
    "ResmemSink",
    "ResmemSpanHandler",
    "ResmemToolRetriever",
    "ResmemToolSpec",
    "ResmemVectorStore",
    "TunedLLM",
    "Weights",
    "evaluate_with_outcome",
    "outcome_of",
    "register",
    "run_with_outcome",
    "scope",
    "summarizer",
]
