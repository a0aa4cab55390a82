"""Self-regulating memory and control for LLM agents.

>>> from resmem_core import Message, ResilientMemory
>>> with ResilientMemory.open(":memory:") as memory:
...     session = memory.session("thread-1", namespace=("acme", "ada"))
...     decision = session.observe(Message(role="user", text="I moved to Lisbon in May."))
>>> decision.verdict
<Verdict.KEEP: 'keep'>
"""

from importlib import metadata

from resmem_core.config.profile import Profile
from resmem_core.control.signals import answer_signals, tool_signals
from resmem_core.control.terms import Budget
from resmem_core.engine import ResilientMemory, Session, Standing, Used
from resmem_core.errors import ResmemError, missing_extra
from resmem_core.memory.affect.classify import LexiconClassifier
from resmem_core.protocols import Classifier, Clock, Embedder, Redactor, Store
from resmem_core.types import (
    HORMONES,
    KNOBS,
    MAX_TEXT,
    NEUROCHEMICALS,
    Decision,
    Hit,
    Knobs,
    Memory,
    Message,
    Mode,
    Namespace,
    Outcome,
    Signal,
    SleepReport,
    Verdict,
    check_namespace,
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
    "Hit",
    "Knobs",
    "LexiconClassifier",
    "Memory",
    "Message",
    "Mode",
    "Namespace",
    "Outcome",
    "Profile",
    "Redactor",
    "ResilientMemory",
    "ResmemError",
    "Session",
    "Signal",
    "SleepReport",
    "Standing",
    "Store",
    "Used",
    "Verdict",
    "answer_signals",
    "check_namespace",
    "missing_extra",
    "tool_signals",
]
