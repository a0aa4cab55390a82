"""Resilient memory for LlamaIndex: swap the retriever or the memory block, keep the app."""

from resmem_core.errors import missing_extra

try:
    import llama_index.core as _  # noqa: F401
except ImportError as error:
    raise missing_extra("llamaindex", "llama_index.core") from error

from resmem_llamaindex._block import ResmemMemoryBlock
from resmem_llamaindex._callbacks import ResmemCallbackHandler
from resmem_llamaindex._events import ResmemEventHandler, ResmemSpanHandler
from resmem_llamaindex._memory import ResmemMemory
from resmem_llamaindex._models import LlamaIndexEmbedder, LLMClassifier, summarizer
from resmem_llamaindex._outcomes import evaluate_with_outcome, outcome_of, run_with_outcome
from resmem_llamaindex._postprocessor import ResmemPostprocessor
from resmem_llamaindex._provider_parameters import PROVIDERS
from resmem_llamaindex._query import ResmemQuery
from resmem_llamaindex._recalling import ResmemRecallEvent
from resmem_llamaindex._rescore import Weights
from resmem_llamaindex._retriever import ResmemRetriever
from resmem_llamaindex._scope import register, scope
from resmem_llamaindex._sink import ResmemSink
from resmem_llamaindex._tool_spec import ResmemToolSpec
from resmem_llamaindex._tools import ResmemToolRetriever
from resmem_llamaindex._tuned import TunedLLM
from resmem_llamaindex._vector_store import ResmemVectorStore

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
