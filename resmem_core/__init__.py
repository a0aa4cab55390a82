"""Self-regulating memory and control for LLM agents.

>>> from resmem_core import Message, ResilientMemory
>>> with ResilientMemory.open(":memory:") as memory:
...     session = memory.session("thread-1", namespace=("acme", "ada"))
...     decision = session.observe(Message(role="user", text="I moved to Lisbon in May."))
>>> decision.verdict
<Verdict.KEEP: 'keep'>

`__all__` is the public surface; besides it, `resmem_core.errors` has the error tree, and
`resmem_core.protocols` the operations that a store gets.
"""

from importlib import metadata

from resmem_core.config.gate import GateConfig
from resmem_core.config.learning import LearningConfig
from resmem_core.config.limits import Limits
from resmem_core.config.profile import Profile
from resmem_core.config.recall import RecallWeights
from resmem_core.config.sleep import SleepConfig
from resmem_core.control.controller import Step
from resmem_core.control.terms import Budget
from resmem_core.engine import ResilientMemory, Session
from resmem_core.engine.loop.story import Story
from resmem_core.errors import ResmemError
from resmem_core.learning.policy import Policy
from resmem_core.learning.proposals import Proposal
from resmem_core.memory.affect.classify import LexiconClassifier
from resmem_core.memory.affect.ollama import OllamaClassifier, OllamaEmbedder
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.minilm import MiniLMEmbedder
from resmem_core.memory.privacy.redact import PatternRedactor
from resmem_core.protocols import Classifier, Clock, Embedder, Redactor, Store
from resmem_core.types import (
    HORMONES,
    KNOBS,
    MAX_TEXT,
    NEUROCHEMICALS,
    Decision,
    Hit,
    Hits,
    Knobs,
    Memory,
    Message,
    Mode,
    Namespace,
    Outcome,
    Page,
    Signal,
    SignalName,
    SleepReport,
    Verdict,
    Version,
)

__version__ = metadata.version("resilient-memory")

__all__ = [
    "HORMONES",
    "KNOBS",
    "MAX_TEXT",
    "NEUROCHEMICALS",
    "Budget",
    "Classifier",
    "Clock",
    "Decision",
    "Embedder",
    "GateConfig",
    "Hit",
    "Hits",
    "Knobs",
    "LearningConfig",
    "LexicalEmbedder",
    "LexiconClassifier",
    "Limits",
    "Memory",
    "Message",
    "MiniLMEmbedder",
    "Mode",
    "Namespace",
    "OllamaClassifier",
    "OllamaEmbedder",
    "Outcome",
    "Page",
    "PatternRedactor",
    "Policy",
    "Profile",
    "Proposal",
    "RecallWeights",
    "Redactor",
    "ResilientMemory",
    "ResmemError",
    "Session",
    "Signal",
    "SignalName",
    "SleepConfig",
    "SleepReport",
    "Step",
    "Store",
    "Story",
    "Verdict",
    "Version",
]
